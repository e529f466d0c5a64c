namespace Osmo.Grains.Storage;

/// <summary>The time as it is stored.</summary>
internal static class StoredNow
{
    /// <summary>Times are stored as microseconds: what is shown before a restart must be what is shown after.</summary>
    public static DateTimeOffset Of(TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
