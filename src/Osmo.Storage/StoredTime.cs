namespace Osmo.Storage;

/// <summary>Times as they are stored: whole microseconds since 1970-01-01 UTC.</summary>
internal static class StoredTime
{
    /// <summary>The number of 1970-01-01 as <see cref="DateOnly.DayNumber"/> counts days.</summary>
    public const int EpochDay = 719_162;

    public static long ToMicroseconds(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time as PostgreSQL stores it, cut to what it keeps.</summary>
    public static DateTime ToUtc(DateTimeOffset time) => FromMicroseconds(ToMicroseconds(time)).UtcDateTime;

    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
