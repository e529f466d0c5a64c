namespace Osmo.Kubernetes;

/// <summary>One page of a list.</summary>
/// <param name="Items">The objects that could be read.</param>
/// <param name="ResourceVersion">The list's version.</param>
/// <param name="Continue">Where the next page begins; empty on the last one.</param>
/// <param name="Skipped">Why others could not.</param>
internal sealed record ObjectPage<T>(IReadOnlyList<T> Items, string ResourceVersion, string Continue, IReadOnlyList<string> Skipped);

/// <summary>One line of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Item">To what; null for bookmarks, errors, and what could not be read.</param>
/// <param name="ResourceVersion">From where a watch can resume; empty where nothing says it.</param>
/// <param name="Status">Why the watch failed, for an error.</param>
/// <param name="Skipped">Why the object could not be read; null where it could.</param>
internal sealed record ObjectEvent<T>(
    WatchEventType Type, T? Item, string ResourceVersion, KubernetesStatus? Status, string? Skipped);

/// <summary>
/// Reads lists and watch lines of any kind of object. One that cannot be read is named and passed over: a single odd object must not hide
/// all others.
/// </summary>
internal static class ObjectReader
{
    /// <exception cref="JsonFormatException">It is no list.</exception>
    public static ObjectPage<T> ReadList<T>(ObjectKind<T> kind, ReadOnlySpan<byte> utf8)
        where T : class
    {
        JsonCursor cursor = new(utf8);
        List<T> items = [];
        List<string> skipped = [];
        (string Version, string Continue) header = ("", "");
        bool hasItems = false;
        if (!cursor.TryBegin((byte)'{'))
        {
            throw new JsonFormatException($"expected a list of {kind.Resource}");
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("metadata"u8))
            {
                header = ReadListMetadata(ref cursor);
            }
            else if (name.SequenceEqual("items"u8))
            {
                hasItems = true;
                ReadItems(kind, utf8, ref cursor, items, skipped);
            }
            else
            {
                cursor.Skip();
            }
        }

        cursor.RequireEnd();
        return hasItems
            ? new ObjectPage<T>(items, header.Version, header.Continue, skipped)
            : throw new JsonFormatException($"it is no list of {kind.Resource}");
    }

    /// <exception cref="JsonFormatException">It is no watch event.</exception>
    public static ObjectEvent<T> ReadEvent<T>(ObjectKind<T> kind, ReadOnlySpan<byte> line)
        where T : class
    {
        JsonCursor cursor = new(line);
        if (!cursor.TryBegin((byte)'{'))
        {
            throw new JsonFormatException("expected a watch event");
        }

        WatchEventType? type = null;
        int start = -1;
        int end = -1;
        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
            {
                type = NodeDecoder.ParseType(cursor.ReadString());
                continue;
            }

            bool isObject = name.SequenceEqual("object"u8);
            cursor.Peek();
            start = isObject ? cursor.Position : start;
            cursor.Skip();
            end = isObject ? cursor.Position : end;
        }

        cursor.RequireEnd();
        if (type is not { } happened || start < 0)
        {
            throw new JsonFormatException("a watch event needs a type and an object");
        }

        ReadOnlySpan<byte> item = line[start..end];
        if (happened == WatchEventType.Error)
        {
            KubernetesStatus status = KubernetesStatus.TryParse(item)
                ?? new KubernetesStatus { Message = "the server sent an ERROR event without a Status" };
            return new ObjectEvent<T>(happened, null, "", status, null);
        }

        return TryRead(kind, item, out T? read, out string version) is { } problem
            ? new ObjectEvent<T>(happened, null, "", null, problem)
            : new ObjectEvent<T>(happened, read, version, null, null);
    }

    private static (string Version, string Continue) ReadListMetadata(ref JsonCursor cursor)
    {
        (string Version, string Continue) header = ("", "");
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("resourceVersion"u8))
            {
                header.Version = JsonMembers.Text(ref cursor);
            }
            else if (name.SequenceEqual("continue"u8))
            {
                header.Continue = JsonMembers.Text(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }

        return header;
    }

    private static void ReadItems<T>(
        ObjectKind<T> kind, ReadOnlySpan<byte> utf8, ref JsonCursor cursor, List<T> items, List<string> skipped)
        where T : class
    {
        bool first = true;
        while (JsonMembers.NextElement(ref cursor, ref first))
        {
            cursor.Peek();
            int start = cursor.Position;
            cursor.Skip();
            if (TryRead(kind, utf8[start..cursor.Position], out T? item, out _) is { } problem)
            {
                skipped.Add(problem);
            }
            else if (item is not null)
            {
                items.Add(item);
            }
        }
    }

    /// <summary>Reads one object; what is wrong with it, or null.</summary>
    private static string? TryRead<T>(ObjectKind<T> kind, ReadOnlySpan<byte> utf8, out T? item, out string version)
        where T : class
    {
        try
        {
            JsonCursor cursor = new(utf8);
            (item, version) = kind.Read(ref cursor);
            return null;
        }
        catch (JsonFormatException e)
        {
            (item, version) = (null, "");
            return e.Message;
        }
    }
}
