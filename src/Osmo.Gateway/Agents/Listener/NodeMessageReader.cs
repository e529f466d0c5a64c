using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>Reads the messages about nodes. One per connection: it shares what repeats from node to node.</summary>
/// <param name="labelKey">The key of the label that the agent writes itself; it is told apart from the others.</param>
internal sealed class NodeMessageReader(string labelKey)
{
    private const int NameCharsMax = 253;
    private const int TextCharsMax = 4_096;
    private const int ItemsMax = 2_000;
    private const int NodesMax = 100_000;
    private const string CordonTaint = "node.kubernetes.io/unschedulable";

    private readonly NodeFactsPool _pool = new();

    /// <summary>Reads a message; false if it is not about nodes.</summary>
    /// <param name="type">The message's type.</param>
    /// <param name="body">The message.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="report">What it says.</param>
    /// <exception cref="ListenerBodyException">The body is not what such a message has.</exception>
    public bool TryRead(string type, JsonElement body, string id, [NotNullWhen(true)] out ListenerReport? report)
    {
        report = type switch
        {
            "resource" => new ListenerNodeState(id, ReadNode(body)),
            "resource_usage" => new ListenerNodeUsage(id, Name(body, "hostname"), ReadUsage(body)),
            "delete_resource" => new ListenerNodeGone(id, Name(body, "resource")),
            "node_hash" => new ListenerNodeList(id, ReadNames(body)),
            _ => null,
        };
        return report is not null;
    }

    private static ImmutableArray<string> ReadNames(JsonElement body)
    {
        var list = Field(body, "node_hashes", JsonValueKind.Array);
        Require(list.GetArrayLength() <= NodesMax, $"node_hashes has more than {NodesMax} names");
        return [.. list.EnumerateArray().Select(item => Text(item, "node_hashes", NameCharsMax)).Distinct(StringComparer.Ordinal)];
    }

    private static string Name(JsonElement body, string field)
    {
        var name = Text(Field(body, field, JsonValueKind.String), field, NameCharsMax);
        Require(name.Length > 0, $"{field} is empty");
        return name;
    }

    private NodeReport ReadNode(JsonElement body)
    {
        var taints = ReadTaints(body);
        var (labels, verifiedLabel) = ReadLabels(body);
        var isCordoned = false;
        foreach (var taint in taints)
        {
            isCordoned |= taint.Key == CordonTaint;
        }

        return new NodeReport(
            Name(body, "hostname"),
            Uid: "",
            isCordoned,
            ReadConditions(body),
            verifiedLabel,
            _pool.Facts(labels, taints, ReadResources(body, "allocatable_fields"), []))
        {
            AgentVerdict = ReadFlag(body, "available"),
        };
    }

    private static bool ReadFlag(JsonElement body, string field)
    {
        Require(
            body.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            $"{field} is not true or false");
        return value.GetBoolean();
    }

    private NodeUsage ReadUsage(JsonElement body) =>
        new(ReadResources(body, "usage_fields"), ReadResources(body, "non_workflow_usage_fields"));

    private static ImmutableArray<ConditionPair> ReadConditions(JsonElement body)
    {
        var list = Field(body, "conditions", JsonValueKind.Array);
        Require(list.GetArrayLength() <= ItemsMax, $"conditions has more than {ItemsMax} items");
        var conditions = ImmutableArray.CreateBuilder<ConditionPair>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            conditions.Add(new ConditionPair(Text(item, "conditions", TextCharsMax), ConditionStatus.True));
        }

        return conditions.MoveToImmutable();
    }

    private (ImmutableArray<NodeLabel> Labels, string? Verified) ReadLabels(JsonElement body)
    {
        var labels = ImmutableArray.CreateBuilder<NodeLabel>();
        string? verified = null;
        foreach (var (key, value) in Entries(body, "label_fields"))
        {
            if (key == labelKey)
            {
                verified = value;
            }
            else
            {
                labels.Add(_pool.Label(key, value));
            }
        }

        labels.Sort(static (x, y) => string.CompareOrdinal(x.Key, y.Key));
        return (labels.DrainToImmutable(), verified);
    }

    private ImmutableArray<NodeTaint> ReadTaints(JsonElement body)
    {
        var list = Field(body, "taints", JsonValueKind.Array);
        Require(list.GetArrayLength() <= ItemsMax, $"taints has more than {ItemsMax} items");
        var taints = ImmutableArray.CreateBuilder<NodeTaint>(list.GetArrayLength());
        foreach (var taint in list.EnumerateArray())
        {
            Require(taint.ValueKind == JsonValueKind.Object, "a taint is no object");
            var value = taint.TryGetProperty("value", out var given) && given.ValueKind != JsonValueKind.Null
                ? Text(given, "taints", TextCharsMax)
                : "";
            taints.Add(_pool.Taint(Name(taint, "key"), value, Name(taint, "effect")));
        }

        return taints.MoveToImmutable();
    }

    private ImmutableArray<NodeResource> ReadResources(JsonElement body, string field)
    {
        var resources = ImmutableArray.CreateBuilder<NodeResource>();
        foreach (var (name, quantity) in Entries(body, field))
        {
            resources.Add(_pool.Resource(name, quantity));
        }

        return resources.DrainToImmutable();
    }

    private static List<(string Key, string Value)> Entries(JsonElement body, string field)
    {
        var entries = new List<(string, string)>();
        foreach (var entry in Field(body, field, JsonValueKind.Object).EnumerateObject())
        {
            Require(entries.Count < ItemsMax && entry.Name.Length <= TextCharsMax, $"{field} is too large");
            entries.Add((entry.Name, Text(entry.Value, field, TextCharsMax)));
        }

        return entries;
    }

    private static JsonElement Field(JsonElement body, string field, JsonValueKind kind)
    {
        Require(body.TryGetProperty(field, out var value) && value.ValueKind == kind, $"{field} is missing or no {kind}");
        return value;
    }

    private static string Text(JsonElement value, string field, int charsMax)
    {
        Require(value.ValueKind == JsonValueKind.String, $"{field} holds something else than text");
        var text = value.GetString()!;
        Require(text.Length <= charsMax, $"{field} holds a text of more than {charsMax} characters");
        return text;
    }

    private static void Require([DoesNotReturnIf(false)] bool holds, string problem)
    {
        if (!holds)
        {
            throw new ListenerBodyException(problem);
        }
    }
}

/// <summary>The body of a message is not what its type promises.</summary>
internal sealed class ListenerBodyException(string message) : Exception(message);
