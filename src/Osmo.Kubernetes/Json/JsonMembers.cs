namespace Osmo.Kubernetes;

/// <summary>Reads fields of which another kind than expected counts as absent.</summary>
internal static class JsonMembers
{
    /// <summary>Longest reason, message or name that is kept.</summary>
    public const int TextCharsMax = 1_000;

    /// <summary>The next member of the object under the cursor; one that is no object has none and is passed over.</summary>
    public static bool Next(scoped ref JsonCursor cursor, ref bool first, out ReadOnlySpan<byte> name)
    {
        if (first && !cursor.TryBegin((byte)'{'))
        {
            cursor.Skip();
            name = default;
            return false;
        }

        return cursor.NextMember(ref first, out name);
    }

    /// <summary>The next element of the array under the cursor; one that is no array has none and is passed over.</summary>
    public static bool NextElement(scoped ref JsonCursor cursor, ref bool first)
    {
        if (first && !cursor.TryBegin((byte)'['))
        {
            cursor.Skip();
            return false;
        }

        return cursor.NextElement(ref first);
    }

    /// <summary><see cref="Text"/>, cut where it is very long.</summary>
    public static string Short(ref JsonCursor cursor) => ShortText.Of(Text(ref cursor), TextCharsMax);

    /// <summary>A text, or a number as it is written; empty for anything else.</summary>
    public static string Text(ref JsonCursor cursor)
    {
        switch (cursor.Peek())
        {
            case (byte)'"':
                return Utf8Text.ToText(cursor.ReadString());
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return Utf8Text.ToText(cursor.ReadNumber());
            default:
                cursor.Skip();
                return "";
        }
    }
}
