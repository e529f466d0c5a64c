using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>JSON as Python's <c>json.dumps</c> writes it: a space after colon and comma, and nothing but ASCII.</summary>
public static class PythonJson
{
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    /// <summary>A frame of the listener protocol.</summary>
    /// <param name="type">Of the message.</param>
    /// <param name="body">Its fields in order.</param>
    /// <param name="uuid">Its uuid.</param>
    public static string Frame(string type, JsonObject body, string uuid) =>
        Write(new JsonObject { ["type"] = type, ["body"] = body.DeepClone(), ["uuid"] = uuid });

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject fields:
                text.Append('{');
                foreach (var (i, (name, value)) in fields.Index())
                {
                    text.Append(i == 0 ? "" : ", ");
                    AppendText(text, name);
                    text.Append(": ");
                    Append(text, value);
                }

                text.Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                foreach (var (i, item) in items.Index())
                {
                    text.Append(i == 0 ? "" : ", ");
                    Append(text, item);
                }

                text.Append(']');
                break;
            case var value when value.GetValueKind() == JsonValueKind.String:
                AppendText(text, value.GetValue<string>());
                break;
            default:
                text.Append(node.ToJsonString());
                break;
        }
    }

    private static void AppendText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or > '~' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => text.Append(letter),
            };
        }

        text.Append('"');
    }
}
