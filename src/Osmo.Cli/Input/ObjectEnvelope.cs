using System.Text.Json;

namespace Osmo.Cli.Input;

/// <summary>The outermost fields of a Kubernetes object, list, status or watch event, with slices of what they hold.</summary>
internal sealed class ObjectEnvelope
{
    public string? Kind { get; private set; }

    public string? Type { get; private set; }

    public string? Message { get; private set; }

    public List<ReadOnlyMemory<byte>>? Items { get; private set; }

    public ReadOnlyMemory<byte>? Object { get; private set; }

    public ReadOnlyMemory<byte> Whole { get; private set; }

    /// <summary>Reads the envelope of one JSON value; null when the value is not an object.</summary>
    public static ObjectEnvelope? Read(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? Read(ref reader, json) : null;
    }

    /// <summary>Reads the envelope of the object that the reader stands at, and leaves the reader at its end.</summary>
    public static ObjectEnvelope Read(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var envelope = new ObjectEnvelope();
        var start = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            var isText = reader.TokenType == JsonTokenType.String;
            switch (name)
            {
                case "kind" when isText:
                    envelope.Kind = reader.GetString();
                    break;
                case "type" when isText:
                    envelope.Type = reader.GetString();
                    break;
                case "message" when isText:
                    envelope.Message = reader.GetString();
                    break;
                case "object":
                    envelope.Object = Slice(ref reader, json);
                    break;
                case "items" when reader.TokenType == JsonTokenType.StartArray:
                    envelope.Items = ReadItems(ref reader, json);
                    break;
                case "items" when reader.TokenType == JsonTokenType.Null:
                    envelope.Items = [];
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        envelope.Whole = json[start..(int)reader.BytesConsumed];
        return envelope;
    }

    /// <summary>Slices the elements of the array that the reader stands at, and leaves the reader at its end.</summary>
    public static List<ReadOnlyMemory<byte>> ReadItems(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Slice(ref reader, json));
        }

        return items;
    }

    private static ReadOnlyMemory<byte> Slice(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
