namespace Osmo.Kubernetes;

/// <summary>What a list said about itself.</summary>
/// <param name="Kind">NodeList from the API, List from kubectl, Node for a single object.</param>
/// <param name="ResourceVersion">The version the list is consistent at; a watch starts from it.</param>
/// <param name="Continue">Token for the next page; empty on the last.</param>
/// <param name="HasItems">Whether there was an <c>items</c> member at all.</param>
internal sealed record NodeListHeader(string Kind, string ResourceVersion, string Continue, bool HasItems);

/// <summary>
/// Takes a list apart while it is still arriving: feed it the bytes so far, it consumes whole members and items and asks for
/// more when one is incomplete, so a page of any size needs no more memory than its largest node.
/// </summary>
internal sealed class NodeListParser(
    NodeDecoder decoder, IKnownNodes? known, Action<NodeProjection> onNode, Action<MalformedNode> onMalformed)
{
    private enum Place
    {
        Start,
        FirstMember,
        NextMember,
        FirstItem,
        NextItem,
        End,
    }

    private Place _place;
    private string _kind = "";
    private string _resourceVersion = "";
    private string _continue = "";
    private bool _hasItems;

    public bool IsComplete => _place == Place.End;

    public NodeListHeader Header => new(_kind, _resourceVersion, _continue, _hasItems);

    /// <summary>Consumes what is complete and returns how many bytes that was.</summary>
    /// <exception cref="JsonFormatException">The bytes are not a list.</exception>
    public int Feed(ReadOnlySpan<byte> utf8)
    {
        int consumed = 0;
        while (Step(utf8, ref consumed))
        {
        }

        return consumed;
    }

    private bool Step(ReadOnlySpan<byte> utf8, ref int consumed)
    {
        int at = SkipWhite(utf8, consumed);
        if (at == utf8.Length)
        {
            consumed = at;
            return false;
        }

        switch (_place)
        {
            case Place.Start:
                Require(utf8, at, (byte)'{', "a list object");
                _place = Place.FirstMember;
                consumed = at + 1;
                return true;
            case Place.FirstMember or Place.NextMember:
                return StepMember(utf8, at, ref consumed);
            case Place.FirstItem or Place.NextItem:
                return StepItem(utf8, at, ref consumed);
            default:
                throw JsonFormatException.Unexpected(utf8, at, "the end");
        }
    }

    private bool StepMember(ReadOnlySpan<byte> utf8, int at, ref int consumed)
    {
        if (utf8[at] == (byte)'}')
        {
            _place = Place.End;
            consumed = at + 1;
            return true;
        }

        if (_place == Place.NextMember)
        {
            Require(utf8, at, (byte)',', "',' or '}'");
            at = SkipWhite(utf8, at + 1);
        }

        int nameEnd = EndOfValue(utf8, at);
        int colon = nameEnd < 0 ? utf8.Length : SkipWhite(utf8, nameEnd);
        int start = colon == utf8.Length ? colon : SkipWhite(utf8, colon + 1);
        if (start == utf8.Length)
        {
            return false;
        }

        Require(utf8, colon, (byte)':', "':'");
        JsonCursor nameCursor = new(utf8[at..nameEnd]);
        ReadOnlySpan<byte> name = nameCursor.ReadString();
        if (name.SequenceEqual("items"u8) && utf8[start] == (byte)'[')
        {
            _hasItems = true;
            _place = Place.FirstItem;
            consumed = start + 1;
            return true;
        }

        int end = EndOfValue(utf8, start);
        if (end < 0)
        {
            return false;
        }

        ReadMember(name, utf8[start..end]);
        _place = Place.NextMember;
        consumed = end;
        return true;
    }

    private bool StepItem(ReadOnlySpan<byte> utf8, int at, ref int consumed)
    {
        if (utf8[at] == (byte)']')
        {
            _place = Place.NextMember;
            consumed = at + 1;
            return true;
        }

        if (_place == Place.NextItem)
        {
            Require(utf8, at, (byte)',', "',' or ']'");
            at = SkipWhite(utf8, at + 1);
        }

        int end = EndOfValue(utf8, at);
        if (end < 0)
        {
            return false;
        }

        NodeProjection? node = decoder.DecodeItem(utf8[at..end], known, out MalformedNode? malformed);
        if (node is not null)
        {
            onNode(node);
        }

        if (malformed is not null)
        {
            onMalformed(malformed);
        }

        _place = Place.NextItem;
        consumed = end;
        return true;
    }

    private void ReadMember(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("items"u8))
        {
            // A list without nodes may say null.
            _hasItems = value.SequenceEqual("null"u8) ? true : throw new JsonFormatException("items of a list must be an array");
        }
        else if (name.SequenceEqual("kind"u8) && value[0] == (byte)'"')
        {
            JsonCursor kind = new(value);
            _kind = Utf8Text.ToText(kind.ReadString());
        }
        else if (name.SequenceEqual("metadata"u8) && value[0] == (byte)'{')
        {
            ReadMetadata(value);
        }
    }

    private void ReadMetadata(ReadOnlySpan<byte> value)
    {
        JsonCursor cursor = new(value);
        cursor.TryBegin((byte)'{');
        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("resourceVersion"u8) && cursor.Peek() == (byte)'"')
            {
                _resourceVersion = Utf8Text.ToText(cursor.ReadString());
            }
            else if (name.SequenceEqual("continue"u8) && cursor.Peek() == (byte)'"')
            {
                _continue = Utf8Text.ToText(cursor.ReadString());
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private static int EndOfValue(ReadOnlySpan<byte> utf8, int start)
    {
        if (start == utf8.Length)
        {
            return -1;
        }

        switch (utf8[start])
        {
            case (byte)'{' or (byte)'[':
                return JsonContainer.FindEnd(utf8, start);
            case (byte)'"':
                for (int at = start + 1; at < utf8.Length; at += 2)
                {
                    int stop = utf8[at..].IndexOfAny((byte)'"', (byte)'\\');
                    if (stop < 0)
                    {
                        return -1;
                    }

                    at += stop;
                    if (utf8[at] == (byte)'"')
                    {
                        return at + 1;
                    }
                }

                return -1;
            default:
                // A number or literal ends where something else begins, so that must have arrived too.
                int length = utf8[start..].IndexOfAny(JsonCursor.ScalarEnds);
                if (length < 0)
                {
                    return -1;
                }

                JsonCursor scalar = new(utf8.Slice(start, length));
                scalar.Skip();
                scalar.RequireEnd();
                return start + length;
        }
    }

    private static int SkipWhite(ReadOnlySpan<byte> utf8, int at)
    {
        int offset = at >= utf8.Length ? -1 : utf8[at..].IndexOfAnyExcept(" \t\r\n"u8);
        return offset < 0 ? utf8.Length : at + offset;
    }

    private static void Require(ReadOnlySpan<byte> utf8, int at, byte wanted, string expected)
    {
        if (utf8[at] != wanted)
        {
            throw JsonFormatException.Unexpected(utf8, at, expected);
        }
    }
}
