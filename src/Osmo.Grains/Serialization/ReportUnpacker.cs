using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>Reads what <see cref="ReportPacker"/> wrote. Reports share what was written once.</summary>
internal ref struct ReportUnpacker
{
    private readonly List<string> _texts = [];
    private readonly List<NodeLabel> _labels = [];
    private readonly List<ImmutableArray<ConditionPair>> _sets = [];
    private ReadOnlySpan<byte> _rest;
    private ImmutableArray<NodeTaint> _taints;
    private ImmutableArray<NodeResource> _allocatable;
    private ImmutableArray<NodeResource> _capacity;

    private ReportUnpacker(ReadOnlySpan<byte> packed) => _rest = packed;

    /// <summary>Unpacks reports.</summary>
    /// <exception cref="InvalidDataException">They were not packed by <see cref="ReportPacker"/>.</exception>
    public static ImmutableArray<NodeReport> Unpack(ReadOnlySpan<byte> packed)
    {
        if (packed.IsEmpty)
        {
            return [];
        }

        var unpacker = new ReportUnpacker(packed);
        var reports = new NodeReport[unpacker.Count()];
        for (var i = 0; i < reports.Length; i++)
        {
            reports[i] = unpacker.Report();
        }

        return unpacker._rest.IsEmpty ? ImmutableCollectionsMarshal.AsImmutableArray(reports) : throw Broken();
    }

    private static InvalidDataException Broken() =>
        new("Another process sent node reports in a form that this build does not know. Run the same build everywhere.");

    private NodeReport Report()
    {
        var parts = (ReportParts)Number();
        if ((parts & ~ReportParts.All) != 0)
        {
            throw Broken();
        }

        return new NodeReport(
            Text(),
            Text(),
            parts.HasFlag(ReportParts.Unschedulable),
            Conditions(),
            parts.HasFlag(ReportParts.VerifiedLabel) ? Shared() : null,
            parts.HasFlag(ReportParts.Facts) ? Facts() : null)
        {
            AgentVerdict = parts.HasFlag(ReportParts.AgentVerdict) ? parts.HasFlag(ReportParts.AgentSaysAvailable) : null,
        };
    }

    private ImmutableArray<ConditionPair> Conditions()
    {
        if (IsKnown(_sets, out var set))
        {
            return set;
        }

        var conditions = new ConditionPair[Count()];
        for (var i = 0; i < conditions.Length; i++)
        {
            conditions[i] = new ConditionPair(Shared(), Shared());
        }

        set = ImmutableCollectionsMarshal.AsImmutableArray(conditions);
        if (_sets.Count < ReportPacker.SetsMax)
        {
            _sets.Add(set);
        }

        return set;
    }

    private NodeFacts Facts()
    {
        var labels = new NodeLabel[Count()];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = Label();
        }

        if (IsNew(_taints, out var count))
        {
            var taints = new NodeTaint[count];
            for (var i = 0; i < count; i++)
            {
                taints[i] = SharedFacts.Taint(Shared(), Shared(), Shared());
            }

            _taints = ImmutableCollectionsMarshal.AsImmutableArray(taints);
        }

        Resources(ref _allocatable);
        Resources(ref _capacity);
        return new NodeFacts(ImmutableCollectionsMarshal.AsImmutableArray(labels), _taints, _allocatable, _capacity);
    }

    private NodeLabel Label()
    {
        if (!IsKnown(_labels, out var label))
        {
            label = SharedFacts.Label(Shared(), Shared());
            _labels.Add(label);
        }

        return label;
    }

    private void Resources(ref ImmutableArray<NodeResource> last)
    {
        if (IsNew(last, out var count))
        {
            var resources = new NodeResource[count];
            for (var i = 0; i < count; i++)
            {
                resources[i] = SharedFacts.Resource(Shared(), Shared());
            }

            last = ImmutableCollectionsMarshal.AsImmutableArray(resources);
        }
    }

    private string Shared()
    {
        if (!IsKnown(_texts, out var text))
        {
            text = Text();
            _texts.Add(text);
        }

        return text;
    }

    private bool IsNew<T>(ImmutableArray<T> last, out int count)
    {
        count = Number() - 1;
        return count >= 0
            ? count <= _rest.Length ? true : throw Broken()
            : last.IsDefault ? throw Broken() : false;
    }

    private bool IsKnown<T>(List<T> table, out T entry)
    {
        var place = Number();
        if (place > table.Count)
        {
            throw Broken();
        }

        entry = place > 0 ? table[place - 1] : default!;
        return place > 0;
    }

    private string Text()
    {
        var bytes = Count();
        var text = Encoding.UTF8.GetString(_rest[..bytes]);
        _rest = _rest[bytes..];
        return text;
    }

    /// <summary>A number of things that follow, each of at least a byte: no broken message makes us reserve much memory.</summary>
    private int Count() => Number() is var count && count <= _rest.Length ? count : throw Broken();

    private int Number()
    {
        const int BitsMax = 28;
        uint number = 0;
        for (var bits = 0; bits <= BitsMax && !_rest.IsEmpty; bits += 7)
        {
            var next = _rest[0];
            _rest = _rest[1..];
            number |= (uint)(next & 0x7f) << bits;
            if (next < 0x80)
            {
                return number <= int.MaxValue ? (int)number : throw Broken();
            }
        }

        throw Broken();
    }
}
