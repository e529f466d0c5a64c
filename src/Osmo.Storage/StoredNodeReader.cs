using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;

namespace Osmo.Storage;

/// <summary>
/// Reads what <see cref="NodeJson"/> wrote, for the nodes of one backend. Machines of one kind carry the same labels, resources and
/// conditions but for a handful: what was read once is found again by its very bytes, without making strings of them. Bounded: past
/// <see cref="ItemsMax"/> it forgets what it holds, which costs time and nothing else. Not thread-safe.
/// </summary>
internal sealed class StoredNodeReader
{
    private const int ItemsMax = 65_536;

    private readonly Known<ImmutableArray<ConditionPair>> _conditions =
        new((ref reader) => Items(ref reader, static (ref item) => new ConditionPair(Text(ref item), Text(ref item))));

    private readonly Known<NodeLabel> _labels =
        new((ref reader) => Tuple(ref reader, static (ref item) => new NodeLabel(Text(ref item), Text(ref item))));

    private readonly Known<ImmutableArray<NodeTaint>> _taints =
        new((ref reader) => Items(ref reader, static (ref item) => new NodeTaint(Text(ref item), Text(ref item), Text(ref item))));

    private readonly Known<ImmutableArray<NodeResource>> _resources =
        new((ref reader) => Items(ref reader, static (ref item) => new NodeResource(Text(ref item), Text(ref item))));

    private delegate T Parse<out T>(ref Utf8JsonReader reader);

    /// <exception cref="JsonException">The text is not what was written.</exception>
    public ImmutableArray<ConditionPair> Conditions(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return _conditions.Read(json, ref reader);
    }

    /// <exception cref="JsonException">The text is not what was written.</exception>
    public NodeFacts Facts(ReadOnlySpan<byte> json)
    {
        ImmutableArray<NodeLabel>? labels = null;
        ImmutableArray<NodeTaint>? taints = null;
        ImmutableArray<NodeResource>? allocatable = null, capacity = null;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Expect(reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("labels"u8))
            {
                labels = Labels(json, ref reader);
            }
            else if (name.SequenceEqual("taints"u8))
            {
                taints = _taints.Read(json, ref reader);
            }
            else if (name.SequenceEqual("allocatable"u8))
            {
                allocatable = _resources.Read(json, ref reader);
            }
            else if (name.SequenceEqual("capacity"u8))
            {
                capacity = _resources.Read(json, ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return labels is { } l && taints is { } t && allocatable is { } a && capacity is { } c
            ? new NodeFacts(l, t, a, c)
            : throw new JsonException("The facts of a node lack one of labels, taints, allocatable and capacity.");
    }

    /// <exception cref="JsonException">The text is not what was written.</exception>
    public NodeUsage Usage(ReadOnlySpan<byte> json)
    {
        ImmutableArray<NodeResource>? all = null, nonWorkflow = null;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Expect(reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAll = reader.ValueSpan.SequenceEqual("all"u8);
            reader.Read();
            if (isAll)
            {
                all = _resources.Read(json, ref reader);
            }
            else
            {
                nonWorkflow = _resources.Read(json, ref reader);
            }
        }

        return all is { } a && nonWorkflow is { } n
            ? new NodeUsage(a, n)
            : throw new JsonException("The usage of a node lacks one of all and non_workflow.");
    }

    private static ImmutableArray<T> Items<T>(ref Utf8JsonReader reader, Parse<T> parse)
    {
        Expect(reader, JsonTokenType.StartArray);
        var items = ImmutableArray.CreateBuilder<T>();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            items.Add(Tuple(ref reader, parse));
        }

        Expect(reader, JsonTokenType.EndArray);
        return items.DrainToImmutable();
    }

    private static T Tuple<T>(ref Utf8JsonReader reader, Parse<T> parse)
    {
        Expect(reader, JsonTokenType.StartArray);
        var item = parse(ref reader);
        reader.Read();
        Expect(reader, JsonTokenType.EndArray);
        return item;
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(reader, JsonTokenType.String);
        return reader.GetString()!;
    }

    private static void Expect(in Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw new JsonException($"A stored node has {reader.TokenType} where {type} belongs.");
        }
    }

    private ImmutableArray<NodeLabel> Labels(ReadOnlySpan<byte> json, ref Utf8JsonReader reader)
    {
        Expect(reader, JsonTokenType.StartArray);
        var labels = ImmutableArray.CreateBuilder<NodeLabel>();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            labels.Add(_labels.Read(json, ref reader));
        }

        return labels.DrainToImmutable();
    }

    /// <summary>Values by the bytes that they were read from.</summary>
    private sealed class Known<T>
    {
        private readonly Parse<T> _parse;
        private readonly Dictionary<byte[], T> _values = new(new ByBytes());
        private readonly Dictionary<byte[], T>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

        public Known(Parse<T> parse)
        {
            _parse = parse;
            _lookup = _values.GetAlternateLookup<ReadOnlySpan<byte>>();
        }

        /// <summary>The value at which the reader is; it goes to the value's end.</summary>
        public T Read(ReadOnlySpan<byte> json, ref Utf8JsonReader reader)
        {
            var start = (int)reader.TokenStartIndex;
            var atStart = reader;
            reader.Skip();
            var raw = json[start..(int)reader.BytesConsumed];
            if (_lookup.TryGetValue(raw, out var value))
            {
                return value;
            }

            if (_values.Count == ItemsMax)
            {
                _values.Clear();
            }

            value = _parse(ref atStart);
            _lookup[raw] = value;
            return value;
        }
    }

    private sealed class ByBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
