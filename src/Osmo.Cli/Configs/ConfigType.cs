using System.CommandLine;

namespace Osmo.Cli.Configs;

/// <summary>How a type of configuration takes a change.</summary>
internal enum ChangeStyle
{
    /// <summary>It takes none.</summary>
    None,

    /// <summary>POST of the top-level fields that changed, each whole.</summary>
    TopLevelFields,

    /// <summary>PATCH of what changed, at any depth.</summary>
    Merge,

    /// <summary>PUT of the whole document.</summary>
    Replace,
}

/// <summary>A type of configuration.</summary>
/// <param name="Name">As people write it, in upper case.</param>
/// <param name="Whole">How the configuration of the type takes a change as a whole.</param>
/// <param name="Named">How one of its parts takes a change by name.</param>
/// <param name="WholeKey">The key of the request body that a change of the whole stands under.</param>
/// <param name="NamedKey">The same of a named part.</param>
/// <param name="NamedRoute">Whether a part can be read by its name.</param>
internal sealed record ConfigType(
    string Name, ChangeStyle Whole, ChangeStyle Named, string WholeKey = "configs", string NamedKey = "configs", bool NamedRoute = true)
{
    private const string Merged = "configs_dict";

    public static readonly ConfigType Backend = new("BACKEND", ChangeStyle.None, ChangeStyle.TopLevelFields);
    public static readonly ConfigType Role = new("ROLE", ChangeStyle.Replace, ChangeStyle.Replace);

    public static readonly IReadOnlyList<ConfigType> All =
    [
        Backend,
        new("BACKEND_TEST", ChangeStyle.Replace, ChangeStyle.Merge, NamedKey: Merged),
        new("DATASET", ChangeStyle.Merge, ChangeStyle.Merge, Merged, Merged, NamedRoute: false),
        new("GROUP_TEMPLATE", ChangeStyle.Replace, ChangeStyle.Replace),
        new("POD_TEMPLATE", ChangeStyle.Replace, ChangeStyle.Replace),
        new("POOL", ChangeStyle.Replace, ChangeStyle.Merge, NamedKey: Merged),
        new("RESOURCE_VALIDATION", ChangeStyle.Replace, ChangeStyle.Replace, WholeKey: Merged),
        Role,
        new("SERVICE", ChangeStyle.Merge, ChangeStyle.None, WholeKey: Merged, NamedRoute: false),
        new("WORKFLOW", ChangeStyle.Merge, ChangeStyle.None, WholeKey: Merged, NamedRoute: false),
    ];

    public static IEnumerable<string> Names => All.Select(type => type.Name);

    /// <summary>The part of a path that stands for it.</summary>
    public string Route => Name.ToLowerInvariant();

    public string Path(string? name) => name is null ? $"api/configs/{Route}" : $"api/configs/{Route}/{Uri.EscapeDataString(name)}";

    /// <summary>How people name the configuration, or a part of it: <c>backend/dgx-west</c>.</summary>
    public string Label(string? name) => name is null ? Route : $"{Route}/{name}";

    public string Key(string? name) => name is null ? WholeKey : NamedKey;

    public ChangeStyle Style(string? name) => name is null ? Whole : Named;

    /// <exception cref="CliError">There is no such type.</exception>
    public static ConfigType Parse(string text) =>
        All.FirstOrDefault(type => type.Name.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw new CliError(
            $"There is no configuration of type \"{text}\"{Suggestion.For(text, Names)} The types are {string.Join(", ", Names)}.",
            ExitCode.Usage);

    public static Argument<string> Argument(string name = "TYPE", string? description = null)
    {
        var argument = new Argument<string>(name) { Description = description ?? $"{string.Join(", ", Names)}." };
        argument.CompletionSources.Add([.. Names]);
        return argument;
    }

    /// <summary>Whether a command line names the type of backends in an argument.</summary>
    public static bool IsBackend(ParseResult parsed, Argument<string> argument) =>
        parsed.GetValue(argument)?.Split(':')[0].Equals(Backend.Name, StringComparison.OrdinalIgnoreCase) == true;

    public override string ToString() => Name;
}
