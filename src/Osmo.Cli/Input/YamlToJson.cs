using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Osmo.Cli.Input;

/// <summary>
/// Rewrites YAML as JSON, event by event. Anchors and aliases are refused: kubectl writes none, and they are how a small file
/// becomes a huge one. Several YAML documents become several JSON values.
/// </summary>
internal static partial class YamlToJson
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
                $"{name}: cannot be read as JSON or YAML: line {error.Start.Line}, column {error.Start.Column}: {error.Message} "
                + "If a command wrote it, ask that one for JSON.");
        }
        catch (InvalidOperationException)
        {
            throw new CliError($"{name}: the YAML is nested too deeply. Write it as JSON.");
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
            case { } plain when FloatForm().IsMatch(plain) && double.Parse(plain, CultureInfo.InvariantCulture) is var fraction
                && double.IsFinite(fraction):
                writer.WriteNumberValue(fraction);
                break;
            default:
                writer.WriteStringValue(scalar.Value);
                break;
        }
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex FloatForm();

    private static void RefuseAnchor(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty)
        {
            throw new YamlException(node.Start, node.End, "Anchors are not supported.");
        }
    }
}
