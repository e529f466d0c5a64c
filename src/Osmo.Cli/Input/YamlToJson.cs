using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Osmo.Cli.Input;

/// <summary>
/// Rewrites YAML as JSON, event by event. Anchors and aliases are refused: kubectl writes none, and they are how a small file
/// becomes a huge one. Several YAML documents become several JSON values.
/// </summary>
internal static class YamlToJson
{
    public static ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> yaml, string name)
    {
        try
        {
            using var json = new MemoryStream();
            using var reader = new StreamReader(new MemoryStream(yaml.ToArray()), Encoding.UTF8);
            var parser = new Parser(reader);
            while (parser.MoveNext())
            {
                if (parser.Current is DocumentStart)
                {
                    parser.MoveNext();
                    using (var writer = new Utf8JsonWriter(json))
                    {
                        WriteValue(parser, writer);
                    }

                    json.WriteByte((byte)'\n');
                }
            }

            return json.ToArray();
        }
        catch (YamlException error)
        {
            throw new CliError(
                $"{name}: cannot be read as JSON or YAML: line {error.Start.Line}: {error.Message} "
                + "Ask for JSON, for example with 'kubectl get nodes -o json'.");
        }
        catch (InvalidOperationException)
        {
            throw new CliError($"{name}: the YAML is nested too deeply. Ask for JSON, for example with 'kubectl get nodes -o json'.");
        }
    }

    private static void WriteValue(Parser parser, Utf8JsonWriter writer)
    {
        // True where the next scalar of the innermost container is a mapping's key.
        var keyNext = new Stack<bool?>();
        do
        {
            switch (parser.Current)
            {
                case Scalar scalar when keyNext.TryPeek(out var isKey) && isKey == true:
                    writer.WritePropertyName(scalar.Value);
                    keyNext.Pop();
                    keyNext.Push(false);
                    continue;
                case Scalar scalar:
                    WriteScalar(scalar, writer);
                    break;
                case MappingStart start:
                    RefuseAnchor(start);
                    writer.WriteStartObject();
                    keyNext.Push(true);
                    continue;
                case SequenceStart start:
                    RefuseAnchor(start);
                    writer.WriteStartArray();
                    keyNext.Push(null);
                    continue;
                case MappingEnd:
                    writer.WriteEndObject();
                    keyNext.Pop();
                    break;
                case SequenceEnd:
                    writer.WriteEndArray();
                    keyNext.Pop();
                    break;
                case AnchorAlias alias:
                    throw new YamlException(alias.Start, alias.End, "Aliases are not supported.");
            }

            // A value is complete: in a mapping, a key comes next.
            if (keyNext.TryPop(out var state))
            {
                keyNext.Push(state is null ? null : true);
            }
        }
        while (keyNext.Count > 0 && parser.MoveNext());
    }

    private static void WriteScalar(Scalar scalar, Utf8JsonWriter writer)
    {
        RefuseAnchor(scalar);
        switch (scalar.Style == ScalarStyle.Plain ? scalar.Value : null)
        {
            case "true" or "True" or "TRUE":
                writer.WriteBooleanValue(true);
                break;
            case "false" or "False" or "FALSE":
                writer.WriteBooleanValue(false);
                break;
            case "null" or "Null" or "NULL" or "~" or "":
                writer.WriteNullValue();
                break;
            case { } plain when long.TryParse(plain, out var number):
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteStringValue(scalar.Value);
                break;
        }
    }

    private static void RefuseAnchor(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty)
        {
            throw new YamlException(node.Start, node.End, "Anchors are not supported.");
        }
    }
}
