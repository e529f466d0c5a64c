using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Domain.Nodes;

namespace Osmo.Storage;

/// <summary>Conditions and facts of a node as the JSON text that is stored, in UTF-8.</summary>
internal sealed class NodeJson : IDisposable
{
    private const int ConditionTextsMax = 512;
    private const int ConditionTextBytesMax = 4_096;

    private readonly Dictionary<ConditionSet, byte[]> _conditionTexts = [];
    private readonly ArrayBufferWriter<byte> _buffer = new(4_096);
    private readonly Utf8JsonWriter _writer;

    public NodeJson() => _writer = new Utf8JsonWriter(_buffer);

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <summary>
    /// <c>[["Ready","True"],...]</c>, in the node's order. Nodes share their sets of conditions, so the text of a set is kept for the
    /// next node.
    /// </summary>
    public byte[] Conditions(ConditionSet conditions)
    {
        if (_conditionTexts.TryGetValue(conditions, out var known))
        {
            return known;
        }

        var text = Write(conditions);
        if (text.Length <= ConditionTextBytesMax)
        {
            if (_conditionTexts.Count == ConditionTextsMax)
            {
                _conditionTexts.Clear();
            }

            _conditionTexts.Add(conditions, text);
        }

        return text;
    }

    private byte[] Write(ConditionSet conditions)
    {
        _writer.WriteStartArray();
        foreach (var (type, status) in conditions.ToPairs())
        {
            WriteTuple(type, status);
        }

        _writer.WriteEndArray();
        return Take();
    }

    /// <summary><c>{"labels":[[key,value],...],"taints":[[key,value,effect],...],"allocatable":[...],"capacity":[...]}</c>.</summary>
    public byte[] Facts(NodeFacts facts)
    {
        _writer.WriteStartObject();
        _writer.WriteStartArray("labels");
        foreach (var label in facts.Labels)
        {
            WriteTuple(label.Key, label.Value);
        }

        _writer.WriteEndArray();
        _writer.WriteStartArray("taints");
        foreach (var taint in facts.Taints)
        {
            WriteTuple(taint.Key, taint.Value, taint.Effect);
        }

        _writer.WriteEndArray();
        WriteResources("allocatable", facts.Allocatable);
        WriteResources("capacity", facts.Capacity);
        _writer.WriteEndObject();
        return Take();
    }

    /// <summary><c>{"all":[[resource,quantity],...],"non_workflow":[...]}</c>.</summary>
    public byte[] Usage(NodeUsage usage)
    {
        _writer.WriteStartObject();
        WriteResources("all", usage.All);
        WriteResources("non_workflow", usage.NonWorkflow);
        _writer.WriteEndObject();
        return Take();
    }

    private void WriteResources(string name, ImmutableArray<NodeResource> resources)
    {
        _writer.WriteStartArray(name);
        foreach (var resource in resources)
        {
            WriteTuple(resource.Name, resource.Quantity);
        }

        _writer.WriteEndArray();
    }

    private void WriteTuple(params ReadOnlySpan<string> items)
    {
        _writer.WriteStartArray();
        foreach (var item in items)
        {
            _writer.WriteStringValue(item);
        }

        _writer.WriteEndArray();
    }

    private byte[] Take()
    {
        _writer.Flush();
        var text = _buffer.WrittenSpan.ToArray();
        _buffer.ResetWrittenCount();
        _writer.Reset();
        return text;
    }
}
