using System.Text.Json.Nodes;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary>A change that is worked out and not yet sent.</summary>
/// <param name="Type">The type.</param>
/// <param name="Name">The part; null for the whole.</param>
/// <param name="Current">What there is now; null where there is nothing.</param>
/// <param name="ETag">The revision of that; null where it has none.</param>
/// <param name="Content">What the request carries; null where there is nothing to change.</param>
internal sealed record ConfigChange(ConfigType Type, string? Name, JsonNode? Current, string? ETag, JsonNode? Content)
{
    /// <exception cref="CliError">The type takes no such change.</exception>
    public static ConfigChange Plan(ConfigType type, string? name, LiveConfig live, JsonNode wanted)
    {
        RequireStyle(type, name);
        return new ConfigChange(type, name, live.Document, live.ETag, DocumentDifference.Of(type.Style(name), live.Document, wanted));
    }

    /// <exception cref="CliError">The type takes no such change.</exception>
    public static void RequireStyle(ConfigType type, string? name)
    {
        if (type.Style(name) == ChangeStyle.None)
        {
            throw name is null
                ? new CliError($"{type} configurations are changed by name: osmo config update {type} NAME.", ExitCode.Usage)
                : new CliError($"{type} has no parts with names: leave \"{name}\" out.", ExitCode.Usage);
        }
    }

    public string Label => Name is null ? Type.Route : $"{Type.Route}/{Name}";

    /// <summary>Shows what the change would do, line by line.</summary>
    public void ShowDifference(CliTerminal terminal)
    {
        var after = DocumentDifference.Result(Type.Style(Name), Current, Content);
        UnifiedDiff.Write(DocumentWriter.Json(Current), DocumentWriter.Json(after), $"{Label} (now)", $"{Label} (changed)", terminal);
    }

    public async Task SendAsync(ConfigApi api, ChangeNote note, CancellationToken cancellationToken)
    {
        var method = Type.Style(Name) switch
        {
            ChangeStyle.Merge => HttpMethod.Patch,
            ChangeStyle.TopLevelFields => HttpMethod.Post,
            _ => HttpMethod.Put,
        };
        var body = note.Body();
        body.Insert(0, Type.Key(Name), Content?.DeepClone());
        await api.Client.SendAsync(method, Type.Path(Name), body, ETag, cancellationToken);
    }
}
