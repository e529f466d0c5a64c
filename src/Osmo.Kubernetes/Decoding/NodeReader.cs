using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>Reads one Node object from a cursor into a draft. Unknown fields are passed over; a later duplicate of a field wins.</summary>
internal sealed class NodeReader(InternPool pool)
{
    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    private readonly NodeDraft _draft = new();

    public NodeDraft Draft => _draft;

    /// <summary>Reads the object under the cursor.</summary>
    /// <param name="cursor">Stands before the object.</param>
    /// <param name="known">The state before, when the caller has it at hand.</param>
    /// <param name="lookup">Otherwise asked as soon as the name has been read.</param>
    public void Read(ref JsonCursor cursor, NodeProjection? known, IKnownNodes? lookup)
    {
        _draft.Begin(known);
        if (!cursor.TryBegin((byte)'{'))
        {
            _draft.Fail("(object)", $"expected an object, found {FoundAndSkip(ref cursor)}");
            return;
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("metadata"u8))
            {
                ReadMetadata(ref cursor, lookup);
            }
            else if (name.SequenceEqual("spec"u8))
            {
                ReadSpec(ref cursor);
            }
            else if (name.SequenceEqual("status"u8))
            {
                ReadStatus(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private void ReadMetadata(ref JsonCursor cursor, IKnownNodes? lookup)
    {
        if (!TryEnter(ref cursor, (byte)'{', "metadata"))
        {
            return;
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("name"u8))
            {
                ReadName(ref cursor, lookup);
            }
            else if (name.SequenceEqual("uid"u8))
            {
                ReadOnlySpan<byte> uid = Text(ref cursor, "metadata.uid");
                _draft.Uid = _draft.Known is { } known && Utf8Text.Same(uid, known.Uid) ? known.Uid : Utf8Text.ToText(uid);
            }
            else if (name.SequenceEqual("resourceVersion"u8))
            {
                _draft.ResourceVersion = Utf8Text.ToText(Text(ref cursor, "metadata.resourceVersion"));
            }
            else if (name.SequenceEqual("labels"u8))
            {
                ReadLabels(ref cursor);
            }
            else if (name.SequenceEqual("annotations"u8) && _draft.Name.Length == 0)
            {
                ReadBookmarkAnnotations(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private void ReadName(ref JsonCursor cursor, IKnownNodes? lookup)
    {
        ReadOnlySpan<byte> name = Text(ref cursor, "metadata.name");
        _draft.Known ??= name.IsEmpty ? null : lookup?.Find(name);
        _draft.Name = _draft.Known is { } known && Utf8Text.Same(name, known.Name) ? known.Name : Utf8Text.ToText(name);
    }

    // Only a bookmark has annotations and no name before them; a node whose name comes late loses nothing by being looked at.
    private void ReadBookmarkAnnotations(ref JsonCursor cursor)
    {
        if (!TryEnter(ref cursor, (byte)'{', "metadata.annotations"))
        {
            return;
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (Utf8Text.Same(name, InitialEventsEnd) && cursor.Peek() == (byte)'"')
            {
                _draft.IsInitialEventsEnd = cursor.ReadString().SequenceEqual("true"u8);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private void ReadLabels(ref JsonCursor cursor)
    {
        _draft.Labels.Begin(_draft.Likely?.Labels ?? []);
        if (!TryEnter(ref cursor, (byte)'{', "metadata.labels"))
        {
            return;
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> key))
        {
            if (cursor.Peek() is not (byte)'"' and not (byte)'n')
            {
                _draft.Fail($"metadata.labels[\"{Utf8Text.ToText(key)}\"]", $"expected a string, found {FoundAndSkip(ref cursor)}");
                continue;
            }

            ReadOnlySpan<byte> value = cursor.TryReadNull() ? default : cursor.ReadString();
            if (_draft.Labels.Expected is { } expected && Utf8Text.Same(key, expected.Key))
            {
                _draft.Labels.Add(Utf8Text.Same(value, expected.Value) ? expected : pool.Label(key, value), advance: 1);
            }
            else if (_draft.Labels.ExpectedAfter is { } after && Utf8Text.Same(key, after.Key))
            {
                _draft.Labels.Add(Utf8Text.Same(value, after.Value) ? after : pool.Label(key, value), advance: 2);
            }
            else
            {
                _draft.Labels.Add(pool.Label(key, value), advance: 0);
            }
        }
    }

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

            if (type.IsEmpty)
            {
                _draft.Fail("status.conditions[].type", "a condition needs a type");
            }

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

    // Null is an absent value; anything else of the wrong kind makes the node malformed and is passed over.
    private bool TryEnter(ref JsonCursor cursor, byte opener, string field)
    {
        if (cursor.TryBegin(opener))
        {
            return true;
        }

        if (!cursor.TryReadNull())
        {
            _draft.Fail(field, $"expected {(opener == (byte)'{' ? "an object" : "an array")}, found {FoundAndSkip(ref cursor)}");
        }

        return false;
    }

    private bool TryEnterElement(ref JsonCursor cursor, string field)
    {
        if (cursor.TryBegin((byte)'{'))
        {
            return true;
        }

        _draft.Fail($"{field}[]", $"expected an object, found {FoundAndSkip(ref cursor)}");
        return false;
    }

    private ReadOnlySpan<byte> Text(scoped ref JsonCursor cursor, string field)
    {
        if (cursor.Peek() == (byte)'"')
        {
            return cursor.ReadString();
        }

        if (!cursor.TryReadNull())
        {
            _draft.Fail(field, $"expected a string, found {FoundAndSkip(ref cursor)}");
        }

        return default;
    }

    private static string FoundAndSkip(ref JsonCursor cursor)
    {
        byte next = cursor.Peek();
        cursor.Skip();
        return next switch
        {
            (byte)'{' => "an object",
            (byte)'[' => "an array",
            (byte)'"' => "a string",
            (byte)'t' or (byte)'f' => "a boolean",
            (byte)'n' => "null",
            _ => "a number",
        };
    }
}
