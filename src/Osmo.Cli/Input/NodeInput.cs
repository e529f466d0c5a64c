using System.Text.Json;
using Osmo.Cli.Terminal;
using Osmo.Kubernetes;

namespace Osmo.Cli.Input;

/// <summary>
/// Finds the nodes in what kubectl or the API server wrote: a List or NodeList, single Nodes one after another, or watch events.
/// The newest state of a node wins; a DELETED node is gone. The order is that of first appearance.
/// </summary>
internal sealed class NodeInput
{
    private readonly NodeStateDecoder _decoder = new();
    private readonly string _name;
    private readonly OrderedDictionary<string, NodeProjection> _nodes = new(StringComparer.Ordinal);

    private NodeInput(string name) => _name = name;

    public static IReadOnlyList<NodeProjection> Read(string path, CliTerminal terminal) =>
        Parse(InputDocument.ReadJson(path, terminal), InputDocument.NameOf(path));

    public static IReadOnlyList<NodeProjection> Parse(ReadOnlyMemory<byte> json, string name)
    {
        var input = new NodeInput(name);
        try
        {
            input.ReadDocuments(json);
        }
        catch (JsonException error)
        {
            throw JsonText.NotJson(name, error);
        }
        catch (InvalidOperationException)
        {
            throw JsonText.NotUnicode(name);
        }

        return [.. input._nodes.Values];
    }

    private void ReadDocuments(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { AllowMultipleValues = true });
        for (var number = 1; reader.Read(); number++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Unexpected($"document {number}", $"a JSON {reader.TokenType}");
            }

            Take(ObjectEnvelope.Read(ref reader, json), $"document {number}");
        }
    }

    private void Take(ObjectEnvelope envelope, string where)
    {
        switch (envelope)
        {
            case { Kind: "Status" }:
                throw new CliError($"{_name}: the API server answered with an error instead of nodes: {envelope.Message}");
            case { Items: { } items, Kind: null or "List" or "NodeList" }:
                TakeItems(items, isNodeList: envelope.Kind == "NodeList");
                break;
            case { Type: { } type, Object: { } node }:
                TakeEvent(type, node, where);
                break;
            case { Kind: "Node", Whole: var node }:
                Upsert(node, where);
                break;
            default:
                throw Unexpected(where, envelope.Kind is { } kind ? $"a {kind}" : "an object without kind");
        }
    }

    private void TakeItems(List<ReadOnlyMemory<byte>> items, bool isNodeList)
    {
        for (var i = 0; i < items.Count; i++)
        {
            // In a List each item says what it is; in a NodeList the API server leaves that out.
            var kind = ObjectEnvelope.Read(items[i])?.Kind;
            if (kind != "Node" && (kind is not null || !isNodeList))
            {
                throw Unexpected($"items[{i}]", kind is null ? "an item without kind" : $"a {kind}");
            }

            Upsert(items[i], $"items[{i}]");
        }
    }

    private void TakeEvent(string type, ReadOnlyMemory<byte> value, string where)
    {
        var inner = ObjectEnvelope.Read(value);
        switch (type)
        {
            case "BOOKMARK":
                break;
            case "ERROR":
                throw new CliError($"{_name}: {where}: the watch ended with an error: {inner?.Message ?? "no message"}");
            case "ADDED" or "MODIFIED" or "DELETED" when inner?.Kind is not (null or "Node"):
                throw Unexpected(where, $"an event about a {inner.Kind}");
            case "ADDED" or "MODIFIED":
                Upsert(value, where);
                break;
            case "DELETED":
                _nodes.Remove(Decode(value, where).Name);
                break;
            default:
                throw Unexpected(where, $"a watch event of type \"{type}\"");
        }
    }

    private void Upsert(ReadOnlyMemory<byte> json, string where)
    {
        var node = Decode(json, where);
        _nodes[node.Name] = node;
    }

    private NodeProjection Decode(ReadOnlyMemory<byte> json, string where)
    {
        try
        {
            return _decoder.Decode(json);
        }
        catch (FormatException error)
        {
            throw new CliError($"{_name}: {where}: {error.Message}");
        }
    }

    private CliError Unexpected(string where, string found) =>
        new($"{_name}: {where} is {found}, not nodes. Pass the output of 'kubectl get nodes -o json', "
            + "of 'kubectl get node NAME -o json', or watch events of nodes.");
}
