using System.Text.Json.Nodes;
using Osmo.Cli.Configs;

namespace Osmo.Cli.Apply;

/// <summary>A document of a file for <c>osmo apply</c>: which configuration it is, and what that should hold.</summary>
/// <param name="Type">The type.</param>
/// <param name="Name">The part; null for the whole.</param>
/// <param name="Config">What it should hold.</param>
/// <param name="Note">Description and tags for the history.</param>
/// <param name="File">Where it came from.</param>
/// <param name="Index">Its place in the file, counted from 0.</param>
internal sealed record Manifest(ConfigType Type, string? Name, JsonObject Config, ChangeNote Note, ConfigFile File, int Index)
{
    /// <summary>The path of the content within the document.</summary>
    public const string ConfigPrefix = "config.";

    private static readonly string[] Keys = ["type", "name", "config", "description", "tags"];

    /// <summary>Reads every document of a file; empty ones are left out, as <c>---</c> at the end makes them.</summary>
    /// <exception cref="CliError">One of them is no manifest.</exception>
    public static IReadOnlyList<Manifest> ReadAll(ConfigFile file) =>
        [.. file.Documents.Select((document, index) => (document, index)).Where(item => item.document is not null)
            .Select(item => Read(item.document!, item.index, file))];

    /// <summary>How messages name the object.</summary>
    public string Label => Type.Label(Name);

    /// <summary>Where the document stands: file, line and column, or its number where those are not known.</summary>
    public string Place
    {
        get
        {
            var place = File.Locate(Index, "type");
            return place == File.Name ? $"{place}, document {Index + 1}" : place;
        }
    }

    public string Locate(string field) => File.Locate(Index, ConfigPrefix + field);

    private static Manifest Read(JsonNode document, int index, ConfigFile file)
    {
        CliError Wrong(string field, string message) => new($"{file.Locate(index, field)}: {message}");
        if (document is not JsonObject fields)
        {
            throw Wrong("", $"document {index + 1} is no object. Write type, name and config.");
        }

        if (fields.Select(field => field.Key).FirstOrDefault(key => !Keys.Contains(key)) is { } unknown)
        {
            var near = Suggestion.For(unknown, Keys);
            throw Wrong(unknown, $"{unknown} is not a known field{near} The fields are {string.Join(", ", Keys)}.");
        }

        string? Text(string key) => fields[key] switch
        {
            null => null,
            JsonValue value when value.TryGetValue<string>(out var text) => text,
            _ => throw Wrong(key, $"{key} must be a string."),
        };
        var tags = fields["tags"] switch
        {
            null => [],
            JsonArray items when items.All(item => item is JsonValue value && value.TryGetValue<string>(out _)) =>
                items.Select(item => item!.GetValue<string>()).ToArray(),
            _ => throw Wrong("tags", "tags must be a list of strings."),
        };
        var named = Text("type") ?? throw Wrong("", $"document {index + 1} does not say its type, such as BACKEND.");
        var type = ConfigType.All.FirstOrDefault(candidate => candidate.Name.Equals(named, StringComparison.OrdinalIgnoreCase))
            ?? throw Wrong("type", $"there is no type \"{named}\"{Suggestion.For(named, ConfigType.Names)}");
        var config = fields["config"] as JsonObject ?? throw Wrong("config", "config must be there, and an object.");
        return new Manifest(type, Text("name"), config, new ChangeNote(Text("description"), tags), file, index);
    }
}
