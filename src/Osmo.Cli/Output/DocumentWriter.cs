using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Output;

/// <summary>Documents for programs and editors: JSON with an indent of two, or YAML.</summary>
internal static class DocumentWriter
{
    // Quotes and angle brackets in a sentence stay readable; the output is no HTML.
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>JSON as OSMO's CLI shows it, without a line feed at the end.</summary>
    public static string Json(JsonNode? document) => document?.ToJsonString(Indented) ?? "null";

    /// <summary>JSON on one line, for streams of documents.</summary>
    public static string Line(JsonNode? document) => document?.ToJsonString(OneLine) ?? "null";

    public static void Write(JsonNode? document, OutputFormat format, TextWriter output)
    {
        if (format == OutputFormat.Yaml)
        {
            YamlText.Write(document, output);
        }
        else
        {
            output.WriteLine(Json(document));
        }
    }
}
