using System.Globalization;

namespace Osmo.Domain.Backends;

/// <summary>
/// Times as OSMO's configuration routes write them: UTC without a zone, at most six fraction digits, and no fraction at all
/// where the microseconds are zero. Its clients accept nothing else.
/// </summary>
public static class NaiveUtc
{
    /// <summary>Formats a time, truncated to microseconds.</summary>
    public static string Format(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        return utc.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond == 0
            ? utc.ToString("yyyy-MM-dd'T'HH:mm:ss")
            : utc.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff");
    }

    /// <summary>Reads what <see cref="Format"/> wrote.</summary>
    public static DateTimeOffset Parse(string text) => DateTimeOffset.ParseExact(
        text,
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFF",
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
