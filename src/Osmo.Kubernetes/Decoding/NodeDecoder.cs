using System.Diagnostics.CodeAnalysis;

namespace Osmo.Kubernetes;

/// <summary>
/// Decodes Nodes straight from wire bytes into <see cref="NodeProjection"/>s. Equal parts are shared between all nodes of one
/// decoder, and a node whose state did not change comes back as the very instance that was known before: a heartbeat allocates
/// next to nothing. Not for several threads at once.
/// </summary>
public sealed class NodeDecoder
{
    private readonly NodeReader _reader = new(new InternPool());

    /// <summary>Decodes one line of a watch.</summary>
    /// <param name="line">The line, with or without its newline.</param>
    /// <param name="known">The nodes known so far, to share with and to compare with; may be null.</param>
    /// <param name="watchEvent">The event. A malformed node leaves <see cref="WatchEvent.Node"/> null.</param>
    /// <param name="error">Why the line is not a watch event, when false is returned.</param>
    public bool TryDecodeEvent(
        ReadOnlySpan<byte> line, IKnownNodes? known, out WatchEvent watchEvent, [NotNullWhen(false)] out string? error)
    {
        try
        {
            watchEvent = DecodeEvent(line, known);
            error = null;
            return true;
        }
        catch (JsonFormatException e)
        {
            watchEvent = default;
            error = e.Message;
            return false;
        }
    }

    /// <summary>Decodes one Node object.</summary>
    /// <param name="utf8">Exactly one JSON object.</param>
    /// <param name="known">The node's state before; returned itself when nothing but the resource version differs.</param>
    /// <param name="malformed">Why the node cannot be projected, when null is returned.</param>
    /// <exception cref="JsonFormatException">The bytes are not JSON.</exception>
    public NodeProjection? DecodeNode(ReadOnlySpan<byte> utf8, NodeProjection? known, out MalformedNode? malformed)
    {
        JsonCursor cursor = new(utf8);
        _reader.Read(ref cursor, known, lookup: null);
        cursor.RequireEnd();
        return _reader.Draft.Finish(out malformed);
    }

    internal NodeProjection? DecodeItem(ReadOnlySpan<byte> utf8, IKnownNodes? lookup, out MalformedNode? malformed)
    {
        JsonCursor cursor = new(utf8);
        _reader.Read(ref cursor, known: null, lookup);
        cursor.RequireEnd();
        return _reader.Draft.Finish(out malformed);
    }

    private WatchEvent DecodeEvent(ReadOnlySpan<byte> line, IKnownNodes? known)
    {
        JsonCursor cursor = new(line);
        if (!cursor.TryBegin((byte)'{'))
        {
            throw JsonFormatException.Unexpected(line, cursor.Position, "a watch event");
        }

        WatchEventType? type = null;
        int objectStart = -1;
        WatchEvent watchEvent = default;
        bool isDecoded = false;
        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
            {
                type = ParseType(cursor.ReadString());
            }
            else if (name.SequenceEqual("object"u8) && type is { } eventType && !isDecoded)
            {
                watchEvent = DecodeObject(line, ref cursor, eventType, known);
                isDecoded = true;
            }
            else
            {
                objectStart = name.SequenceEqual("object"u8) ? cursor.Position : objectStart;
                cursor.Skip();
            }
        }

        cursor.RequireEnd();
        if (isDecoded)
        {
            return watchEvent;
        }

        if (type is null || objectStart < 0)
        {
            throw new JsonFormatException("a watch event needs a type and an object");
        }

        JsonCursor again = new(line, objectStart);
        return DecodeObject(line, ref again, type.Value, known);
    }

    private WatchEvent DecodeObject(ReadOnlySpan<byte> line, ref JsonCursor cursor, WatchEventType type, IKnownNodes? known)
    {
        if (type is WatchEventType.Error or WatchEventType.Unknown)
        {
            cursor.Peek();
            int start = cursor.Position;
            cursor.Skip();
            KubernetesStatus? status = type == WatchEventType.Error
                ? KubernetesStatus.TryParse(line[start..cursor.Position])
                    ?? new KubernetesStatus { Message = "the server sent an ERROR event without a Status" }
                : null;
            return new WatchEvent { Type = type, Status = status, ResourceVersion = "" };
        }

        _reader.Read(ref cursor, known: null, known);
        NodeDraft draft = _reader.Draft;
        if (type == WatchEventType.Bookmark)
        {
            return new WatchEvent { Type = type, ResourceVersion = draft.ResourceVersion, IsInitialEventsEnd = draft.IsInitialEventsEnd };
        }

        NodeProjection? node = draft.Finish(out MalformedNode? malformed);
        return new WatchEvent
        {
            Type = type,
            Node = node,
            IsUnchanged = node is not null && ReferenceEquals(node, draft.Known),
            ResourceVersion = draft.ResourceVersion,
            Malformed = malformed,
        };
    }

    internal static WatchEventType ParseType(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("MODIFIED"u8) ? WatchEventType.Modified
        : type.SequenceEqual("ADDED"u8) ? WatchEventType.Added
        : type.SequenceEqual("DELETED"u8) ? WatchEventType.Deleted
        : type.SequenceEqual("BOOKMARK"u8) ? WatchEventType.Bookmark
        : type.SequenceEqual("ERROR"u8) ? WatchEventType.Error
        : WatchEventType.Unknown;
}
