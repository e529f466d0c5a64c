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
/// <param name="Result">What there will be, as far as this side can tell.</param>
internal sealed record ConfigChange(
    ConfigType Type, string? Name, JsonNode? Current, string? ETag, JsonNode? Content, JsonNode? Result)
{
    public string Label => Type.Label(Name);

    /// <exception cref="CliError">The type takes no such change.</exception>
    public static ConfigChange Plan(ConfigType type, string? name, LiveConfig live, JsonNode wanted)
    {
        RequireStyle(type, name);
        var style = type.Style(name);

        ConfigChange Planned(JsonNode? current, JsonNode? content, JsonNode? result) =>
            new(type, name, current, live.ETag, content, result);
        if (type == ConfigType.Backend && BackendChange.Result(live.Document, wanted) is { } backend)
        {
            return Planned(live.Document, DocumentDifference.Fields(live.Document, wanted, backend), backend);
        }

        if (style == ChangeStyle.Replace && name is null)
        {
            // The parts that are named are replaced, and the others stay.
            var before = DocumentIndex.Entries(live.Document);
            var after = DocumentDifference.Overlaid(before, DocumentIndex.Entries(wanted));
            return Planned(before, JsonNode.DeepEquals(before, after) ? null : wanted.DeepClone(), after);
        }

        var change = DocumentDifference.Of(style, live.Document, wanted);
        return Planned(live.Document, change, DocumentDifference.Result(style, live.Document, change));
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

    /// <summary>Shows what the change would do, line by line.</summary>
    public void ShowDifference(CliTerminal terminal) =>
        UnifiedDiff.Write(DocumentWriter.Json(Current), DocumentWriter.Json(Result), $"{Label} (now)", $"{Label} (changed)", terminal);

    /// <summary>Whether the change made a revision, by the one that there is after it; where the gateway does not say, it did.</summary>
    public bool HasMade(string? revision) => revision is null || revision != ETag;

    /// <summary>Sends the change.</summary>
    /// <returns>The revision that there is after it, as an entity tag; null where the gateway does not say.</returns>
    public async Task<string?> SendAsync(ConfigApi api, ChangeNote note, CancellationToken cancellationToken)
    {
        var method = Type.Style(Name) switch
        {
            ChangeStyle.Merge => HttpMethod.Patch,
            ChangeStyle.TopLevelFields => HttpMethod.Post,
            _ => HttpMethod.Put,
        };
        var body = note.Body();
        body.Insert(0, Type.Key(Name), Content?.DeepClone());
        return (await api.Client.SendAsync(method, Type.Path(Name), body, ETag, cancellationToken)).ETag;
    }
}
