namespace Osmo.Grains.Nodes;

/// <summary>
/// When a backend's nodes were last watched. The backend's grain notes it whenever it hears of an agent that can watch its cluster, in
/// memory only; anybody reads.
/// </summary>
internal sealed class LastWatch
{
    // Ticks, for a time has two parts and could be read in the middle of a write; 0 where it never was.
    private long _inStep;
    private long _reporting;

    /// <summary>Nobody has watched since this was written; null where the backend is new.</summary>
    public void Load(DateTimeOffset? heard) => Volatile.Write(ref _inStep, heard?.UtcTicks ?? 0);

    /// <summary>An agent that can watch its cluster was heard of.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isInStep">Whether it has reported all of its nodes.</param>
    public void Note(DateTimeOffset now, bool isInStep)
    {
        Volatile.Write(ref _reporting, now.UtcTicks);
        if (isInStep)
        {
            Volatile.Write(ref _inStep, now.UtcTicks);
        }
    }

    /// <summary>As of when all nodes are known.</summary>
    public Freshness OfAll(DateTimeOffset now) => Freshness.Of(TimeOf(Volatile.Read(ref _inStep)), now);

    /// <summary>As of when those nodes are known that the connected agent has reported: its first snapshot may be coming in.</summary>
    public Freshness OfReported(DateTimeOffset now) =>
        Freshness.Of(TimeOf(Math.Max(Volatile.Read(ref _inStep), Volatile.Read(ref _reporting))), now);

    private static DateTimeOffset? TimeOf(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
}
