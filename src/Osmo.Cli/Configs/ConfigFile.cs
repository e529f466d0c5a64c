using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Cli.Input;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary>A file with one or more documents, JSON or YAML, that knows where in it a field stands.</summary>
internal sealed class ConfigFile
{
    /// <summary>Most bytes of a file: the gateway takes no more in one request either.</summary>
    private const long BytesMax = 4_000_000;

    private static readonly JsonReaderOptions ManyValues = new() { AllowMultipleValues = true };
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly Lazy<SourcePositions> _positions;

    private ConfigFile(string name, string text, IReadOnlyList<JsonNode?> documents)
    {
        Name = name;
        Documents = documents;
        _positions = new Lazy<SourcePositions>(() => SourcePositions.Of(text));
    }

    /// <summary>How messages name it.</summary>
    public string Name { get; }

    public IReadOnlyList<JsonNode?> Documents { get; }

    /// <exception cref="CliError">It cannot be read, or is neither JSON nor YAML; the message says in which line.</exception>
    public static ConfigFile Read(string path, CliTerminal terminal)
    {
        var name = InputDocument.NameOf(path);
        return Parse(name, InputDocument.ReadUtf8(path, terminal, BytesMax));
    }

    /// <summary>Reads text that an editor left.</summary>
    public static ConfigFile Parse(string name, ReadOnlyMemory<byte> utf8)
    {
        var json = InputDocument.ToJson(utf8, name);
        try
        {
            var documents = new List<JsonNode?>();
            var reader = new Utf8JsonReader(json.Span, ManyValues);
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                documents.Add(JsonNode.Parse(json.Span[start..(int)reader.BytesConsumed], documentOptions: Strict));
            }

            return new ConfigFile(name, Encoding.UTF8.GetString(utf8.Span), documents);
        }
        catch (JsonException error)
        {
            throw JsonText.NotJson(name, error);
        }
        catch (InvalidOperationException)
        {
            throw JsonText.NotUnicode(name);
        }
    }

    /// <summary>The only document.</summary>
    /// <exception cref="CliError">There are several, or it is no object.</exception>
    public JsonObject Single()
    {
        // Empty ones are none: a line "---" at the end makes one, and so do comments alone.
        var documents = Documents.OfType<JsonNode>().ToArray();
        return documents is [JsonObject document]
            ? document
            : throw new CliError(
                documents.Length switch
                {
                    0 => $"{Name}: holds no document, only comments or empty ones.",
                    1 => $"{Name}: a configuration is an object: {{\"field\": value}}.",
                    _ => $"{Name}: holds {documents.Length} documents, but one is needed. 'osmo apply -f' takes many.",
                });
    }

    /// <summary>Where a field stands: <c>file.yaml:12:3</c>, or the file alone where that is not known.</summary>
    /// <param name="document">The document, counted from 0.</param>
    /// <param name="path">The field's path, such as <c>node_conditions.ignore_node_conditions[1]</c>.</param>
    public string Locate(int document, string path) =>
        _positions.Value.Find(document, path) is var (line, column) ? $"{Name}:{line}:{column}" : Name;
}
