using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>
/// Writes the reports of a batch into one array, so that what repeats from node to node is written once: texts, labels, sets of conditions
/// and lists of resources. Each has a table that writer and reader fill in the same order; 0 says that a new entry follows.
/// <see cref="ReportUnpacker"/> is its counterpart.
/// </summary>
internal sealed class ReportPacker
{
    /// <summary>Most sets of conditions that are known at a time; they are looked through one by one.</summary>
    public const int SetsMax = 32;

    private const int BufferBytesKept = 1_048_576;

    [ThreadStatic]
    private static ReportPacker? _ofThread;

    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<NodeLabel, int> _labels = new(ReferenceEqualityComparer.Instance);
    private readonly List<ImmutableArray<ConditionPair>> _sets = new(SetsMax);
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private ImmutableArray<NodeTaint> _taints;
    private ImmutableArray<NodeResource> _allocatable;
    private ImmutableArray<NodeResource> _capacity;

    /// <summary>Packs reports.</summary>
    public static byte[] Pack(ImmutableArray<NodeReport> reports)
    {
        if (reports.IsDefaultOrEmpty)
        {
            return [];
        }

        var packer = _ofThread ?? new();
        try
        {
            packer.Number(reports.Length);
            foreach (var report in reports)
            {
                packer.Report(report);
            }

            return packer._buffer.WrittenSpan.ToArray();
        }
        finally
        {
            // What an unusually large batch took is not kept.
            _ofThread = packer._buffer.Capacity <= BufferBytesKept ? packer : null;
            packer.Forget();
        }
    }

    private void Forget()
    {
        _texts.Clear();
        _labels.Clear();
        _sets.Clear();
        _taints = default;
        _allocatable = default;
        _capacity = default;
        _buffer.ResetWrittenCount();
    }

    private void Report(NodeReport report)
    {
        var parts = (report.Unschedulable ? ReportParts.Unschedulable : 0)
            | (report.VerifiedLabel is not null ? ReportParts.VerifiedLabel : 0)
            | (report.Facts is not null ? ReportParts.Facts : 0)
            | (report.AgentVerdict is not null ? ReportParts.AgentVerdict : 0)
            | (report.AgentVerdict is true ? ReportParts.AgentSaysAvailable : 0);
        Number((int)parts);
        Text(report.Name);
        Text(report.Uid);
        Conditions(report.Conditions.IsDefault ? [] : report.Conditions);
        if (report.VerifiedLabel is not null)
        {
            Shared(report.VerifiedLabel);
        }

        if (report.Facts is not null)
        {
            Facts(report.Facts);
        }
    }

    private void Conditions(ImmutableArray<ConditionPair> conditions)
    {
        for (var i = 0; i < _sets.Count; i++)
        {
            if (_sets[i].AsSpan().SequenceEqual(conditions.AsSpan()))
            {
                Number(i + 1);
                return;
            }
        }

        if (_sets.Count < SetsMax)
        {
            _sets.Add(conditions);
        }

        Number(0);
        Number(conditions.Length);
        foreach (var (type, status) in conditions)
        {
            Shared(type);
            Shared(status);
        }
    }

    private void Facts(NodeFacts facts)
    {
        Number(facts.Labels.Length);
        foreach (var label in facts.Labels)
        {
            // By reference: who makes facts shares their labels, and what is not shared is only written once more.
            if (IsNew(_labels, label))
            {
                Shared(label.Key);
                Shared(label.Value);
            }
        }

        if (IsNew(ref _taints, facts.Taints))
        {
            foreach (var taint in facts.Taints)
            {
                Shared(taint.Key);
                Shared(taint.Value);
                Shared(taint.Effect);
            }
        }

        Resources(ref _allocatable, facts.Allocatable);
        Resources(ref _capacity, facts.Capacity);
    }

    private void Resources(ref ImmutableArray<NodeResource> last, ImmutableArray<NodeResource> resources)
    {
        if (IsNew(ref last, resources))
        {
            foreach (var resource in resources)
            {
                Shared(resource.Name);
                Shared(resource.Quantity);
            }
        }
    }

    /// <summary>Writes 0 for the list of the report before, or one more than the new list's length.</summary>
    private bool IsNew<T>(ref ImmutableArray<T> last, ImmutableArray<T> list)
    {
        var isNew = last.IsDefault || !(last == list || last.AsSpan().SequenceEqual(list.AsSpan()));
        Number(isNew ? list.Length + 1 : 0);
        last = list;
        return isNew;
    }

    /// <summary>Writes one more than the place of a known entry, or 0 for a new one.</summary>
    private bool IsNew<T>(Dictionary<T, int> table, T entry)
        where T : notnull
    {
        if (table.TryGetValue(entry, out var place))
        {
            Number(place + 1);
            return false;
        }

        table.Add(entry, table.Count);
        Number(0);
        return true;
    }

    private void Shared(string text)
    {
        if (IsNew(_texts, text))
        {
            Text(text);
        }
    }

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Number(bytes);
        Encoding.UTF8.GetBytes(text, _buffer.GetSpan(bytes));
        _buffer.Advance(bytes);
    }

    /// <summary>Seven bits a byte, the lowest first; the eighth says that more follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Number(int number)
    {
        const int BytesMax = 5;
        var span = _buffer.GetSpan(BytesMax);
        var (rest, length) = ((uint)number, 0);
        for (; rest >= 0x80; rest >>= 7)
        {
            span[length++] = (byte)(rest | 0x80);
        }

        span[length++] = (byte)rest;
        _buffer.Advance(length);
    }
}
