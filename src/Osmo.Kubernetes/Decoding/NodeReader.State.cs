using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <content>Reading <c>spec</c> and <c>status</c>.</content>
internal sealed partial class NodeReader
{
    private void ReadSpec(ref JsonCursor cursor)
    {
        if (!TryEnter(ref cursor, (byte)'{', "spec"))
        {
            return;
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("unschedulable"u8))
            {
                ReadUnschedulable(ref cursor);
            }
            else if (name.SequenceEqual("taints"u8))
            {
                ReadTaints(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private void ReadUnschedulable(ref JsonCursor cursor)
    {
        if (cursor.Peek() is (byte)'t' or (byte)'f')
        {
            _draft.Unschedulable = cursor.ReadBoolean();
        }
        else if (!cursor.TryReadNull())
        {
            _draft.Fail("spec.unschedulable", $"expected true or false, found {FoundAndSkip(ref cursor)}");
        }
    }

    private void ReadTaints(ref JsonCursor cursor)
    {
        _draft.Taints.Begin(_draft.Likely?.Taints ?? []);
        if (!TryEnter(ref cursor, (byte)'[', "spec.taints"))
        {
            return;
        }

        bool first = true;
        while (cursor.NextElement(ref first))
        {
            if (!TryEnterElement(ref cursor, "spec.taints"))
            {
                continue;
            }

            ReadOnlySpan<byte> key = default, value = default, effect = default;
            bool firstMember = true;
            while (cursor.NextMember(ref firstMember, out ReadOnlySpan<byte> name))
            {
                if (name.SequenceEqual("key"u8))
                {
                    key = Text(ref cursor, "spec.taints[].key");
                }
                else if (name.SequenceEqual("value"u8))
                {
                    value = Text(ref cursor, "spec.taints[].value");
                }
                else if (name.SequenceEqual("effect"u8))
                {
                    effect = Text(ref cursor, "spec.taints[].effect");
                }
                else
                {
                    cursor.Skip();
                }
            }

            _draft.Taints.Add(
                _draft.Taints.Expected is { } known
                    && Utf8Text.Same(key, known.Key) && Utf8Text.Same(value, known.Value) && Utf8Text.Same(effect, known.Effect)
                        ? known
                        : pool.Taint(key, value, effect),
                advance: 1);
        }
    }

    private void ReadStatus(ref JsonCursor cursor)
    {
        if (!TryEnter(ref cursor, (byte)'{', "status"))
        {
            return;
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("conditions"u8))
            {
                ReadConditions(ref cursor);
            }
            else if (name.SequenceEqual("allocatable"u8))
            {
                ReadResources(ref cursor, ref _draft.Allocatable, _draft.Likely?.Allocatable ?? [], "status.allocatable");
            }
            else if (name.SequenceEqual("capacity"u8))
            {
                ReadResources(ref cursor, ref _draft.Capacity, _draft.Likely?.Capacity ?? [], "status.capacity");
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private void ReadConditions(ref JsonCursor cursor)
    {
        _draft.Conditions.Begin(_draft.Likely?.Conditions ?? []);
        if (!TryEnter(ref cursor, (byte)'[', "status.conditions"))
        {
            return;
        }

        bool first = true;
        while (cursor.NextElement(ref first))
        {
            if (!TryEnterElement(ref cursor, "status.conditions"))
            {
                continue;
            }

            ReadOnlySpan<byte> type = default, status = default;
            bool firstMember = true;
            while (cursor.NextMember(ref firstMember, out ReadOnlySpan<byte> name))
            {
                if (name.SequenceEqual("type"u8))
                {
                    type = Text(ref cursor, "status.conditions[].type");
                }
                else if (name.SequenceEqual("status"u8))
                {
                    status = Text(ref cursor, "status.conditions[].status");
                }
                else
                {
                    cursor.Skip();
                }
            }

            // An empty type is one like any other: such conditions exist.
            _draft.Conditions.Add(
                _draft.Conditions.Expected is { } known && Utf8Text.Same(type, known.Type) && Utf8Text.Same(status, known.Status)
                    ? known
                    : pool.Condition(type, status),
                advance: 1);
        }
    }

    private void ReadResources(
        ref JsonCursor cursor, ref DraftList<NodeResource> list, ImmutableArray<NodeResource> known, string field)
    {
        list.Begin(known);
        if (!TryEnter(ref cursor, (byte)'{', field))
        {
            return;
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            ReadOnlySpan<byte> quantity;
            switch (cursor.Peek())
            {
                case (byte)'"':
                    quantity = cursor.ReadString();
                    break;
                case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                    quantity = cursor.ReadNumber();
                    break;
                default:
                    _draft.Fail($"{field}[\"{Utf8Text.ToText(name)}\"]", $"expected a quantity, found {FoundAndSkip(ref cursor)}");
                    continue;
            }

            list.Add(
                list.Expected is { } expected && Utf8Text.Same(name, expected.Name) && Utf8Text.Same(quantity, expected.Quantity)
                    ? expected
                    : pool.Resource(name, quantity),
                advance: 1);
        }
    }
}
