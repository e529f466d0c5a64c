namespace Osmo.Kubernetes;

/// <summary>Reads one Node object from a cursor into a draft. Unknown fields are passed over; a later duplicate of a field wins.</summary>
internal sealed partial class NodeReader(InternPool pool)
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
