using System.Globalization;

namespace Osmo.Kubernetes;

/// <summary>Reads the times that Kubernetes writes.</summary>
internal static class JsonTimes
{
    /// <summary>A time in UTC; null for null, and for anything that is none.</summary>
    public static DateTimeOffset? Read(ref JsonCursor cursor)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        string text = JsonMembers.Text(ref cursor);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out DateTimeOffset time) ? time : null;
    }
}
