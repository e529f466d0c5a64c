namespace Osmo.Kubernetes;

/// <summary>Reads events. A field of another kind than expected counts as absent.</summary>
internal static class EventReader
{
    /// <exception cref="JsonFormatException">It cannot be read.</exception>
    public static (EventProjection? Entry, string ResourceVersion) Read(ref JsonCursor cursor)
    {
        EventProjection entry = new();
        EventTimes times = default;
        string version = "";
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("metadata"u8))
            {
                ReadMetadata(ref cursor, ref version, ref times);
            }
            else if (name.SequenceEqual("involvedObject"u8))
            {
                entry = ReadObject(ref cursor, entry);
            }
            else if (name.SequenceEqual("type"u8))
            {
                entry = entry with { Type = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("reason"u8))
            {
                entry = entry with { Reason = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("message"u8))
            {
                entry = entry with { Message = JsonMembers.Short(ref cursor) };
            }
            else if (!times.TryRead(name, ref cursor))
            {
                cursor.Skip();
            }
        }

        return (entry.ObjectName.Length > 0 ? entry with { Time = times.Last } : null, version);
    }

    private static void ReadMetadata(ref JsonCursor cursor, ref string version, ref EventTimes times)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("resourceVersion"u8))
            {
                version = JsonMembers.Text(ref cursor);
            }
            else if (name.SequenceEqual("creationTimestamp"u8))
            {
                times.Written = JsonTimes.Read(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private static EventProjection ReadObject(ref JsonCursor cursor, EventProjection entry)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("kind"u8))
            {
                entry = entry with { ObjectKind = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("name"u8))
            {
                entry = entry with { ObjectName = JsonMembers.Short(ref cursor) };
            }
            else if (name.SequenceEqual("uid"u8))
            {
                entry = entry with { ObjectUid = JsonMembers.Short(ref cursor) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return entry;
    }

    /// <summary>The times of an event, of which recorders of different ages fill in different ones.</summary>
    private struct EventTimes
    {
        private DateTimeOffset? _seriesLast;
        private DateTimeOffset? _last;
        private DateTimeOffset? _eventTime;
        private DateTimeOffset? _first;

        public DateTimeOffset? Written { get; set; }

        public readonly DateTimeOffset? Last => _seriesLast ?? _last ?? _eventTime ?? _first ?? Written;

        public bool TryRead(scoped ReadOnlySpan<byte> name, ref JsonCursor cursor)
        {
            if (name.SequenceEqual("lastTimestamp"u8))
            {
                _last = JsonTimes.Read(ref cursor);
            }
            else if (name.SequenceEqual("eventTime"u8))
            {
                _eventTime = JsonTimes.Read(ref cursor);
            }
            else if (name.SequenceEqual("firstTimestamp"u8))
            {
                _first = JsonTimes.Read(ref cursor);
            }
            else if (name.SequenceEqual("series"u8))
            {
                ReadSeries(ref cursor);
            }
            else
            {
                return false;
            }

            return true;
        }

        private void ReadSeries(ref JsonCursor cursor)
        {
            bool first = true;
            while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
            {
                if (name.SequenceEqual("lastObservedTime"u8))
                {
                    _seriesLast = JsonTimes.Read(ref cursor);
                }
                else
                {
                    cursor.Skip();
                }
            }
        }
    }
}
