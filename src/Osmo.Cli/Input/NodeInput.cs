using System.Text.Json;
using Osmo.Cli.Terminal;
using Osmo.Kubernetes;

namespace Osmo.Cli.Input;

/// <summary>
/// Finds the nodes in what kubectl or the API server wrote: a List or NodeList, an array of nodes, single Nodes one after another, or
/// watch events. A list is taken as it is, even where two nodes have one name: they may be of two clusters. Single Nodes and events, as
/// <c>kubectl get --watch</c> writes them, tell of changes: the newest state of a node wins, and a DELETED node is gone. The order is
/// that of first appearance.
/// </summary>
internal sealed class NodeInput
{
    private readonly NodeStateDecoder _decoder = new();
    private readonly string _name;
    private readonly List<NodeProjection?> _nodes = [];
    private readonly Dictionary<string, int> _latest = new(StringComparer.Ordinal);

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

        return [.. input._nodes.OfType<NodeProjection>()];
    }

    private void ReadDocuments(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { AllowMultipleValues = true });
        for (var number = 1; reader.Read(); number++)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    // An empty YAML document, as a line "---" at the end makes one.
                    break;
                case JsonTokenType.StartObject:
                    Take(ObjectEnvelope.Read(ref reader, json), $"document {number}");
                    break;
                case JsonTokenType.StartArray:
                    TakeItems(ObjectEnvelope.ReadItems(ref reader, json), "", isNodeList: true);
                    break;
                default:
                    throw Unexpected($"document {number}", "a single value");
            }
        }
    }

    private void Take(ObjectEnvelope envelope, string where)
    {
        switch (envelope)
        {
            case { Kind: "Status" }:
                throw new CliError($"{_name}: the API server answered with an error instead of nodes: {envelope.Message}");
            case { Items: { } items, Kind: null or "List" or "NodeList" }:
                TakeItems(items, "items", isNodeList: envelope.Kind == "NodeList");
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

    private void TakeItems(List<ReadOnlyMemory<byte>> items, string list, bool isNodeList)
    {
        for (var i = 0; i < items.Count; i++)
        {
            // In a List each item says what it is; in a NodeList the API server leaves that out.
            var where = $"{list}[{i}]";
            var item = ObjectEnvelope.Read(items[i]) ?? throw Unexpected(where, "no object");
            if (item.Kind != "Node" && (item.Kind is not null || !isNodeList))
            {
                throw Unexpected(where, item.Kind is null ? "an item without kind" : $"a {item.Kind}");
            }

            Append(Decode(items[i], where));
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
                if (_latest.Remove(Decode(value, where).Name, out var gone))
                {
                    _nodes[gone] = null;
                }

                break;
            default:
                throw Unexpected(where, $"a watch event of type \"{type}\"");
        }
    }

    private void Upsert(ReadOnlyMemory<byte> json, string where)
    {
        var node = Decode(json, where);
        if (_latest.TryGetValue(node.Name, out var known))
        {
            _nodes[known] = node;
        }
        else
        {
            Append(node);
        }
    }

    private void Append(NodeProjection node)
    {
        _latest[node.Name] = _nodes.Count;
        _nodes.Add(node);
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
