namespace Osmo.Cluster.Ownership;

/// <summary>
/// The times of a silo's lease. Safety does not depend on any of them (the store's epochs see to that); they decide how soon
/// another silo takes over, how easily a short disturbance makes shards move, and how much the database is asked.
/// </summary>
public sealed record LeaseOptions
{
    /// <summary>
    /// How long a lease runs. Shorter: the shards of a dead silo are served sooner. Longer: pauses of a process or of the database
    /// cost nothing. The worst case from a silo's death to the takeover is this and a round trip.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often it is renewed: at most a third of the lease, so that one renewal may be lost.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long before its lease ends, on its own monotonic clock from before the renewal was sent, a silo stops serving. Covers
    /// clocks that run at different rates. More of it makes refusals come earlier when the database is slow.
    /// </summary>
    public TimeSpan FenceMargin { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a silo looks whether shards should move when nothing wakes it.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a statement may take before it is given up and tried again. Well below the lease, so that a lost packet or a broken
    /// connection leaves time for another try; above what a loaded database needs.
    /// </summary>
    public TimeSpan StatementLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long making a connection to the database may take: half a dozen round trips with TLS and a password, at a database that takes
    /// half of <see cref="StatementLimit"/> for each.
    /// </summary>
    public TimeSpan ConnectLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The pause before a failed renewal is tried again.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Most shards that are handed over at a time. The backends of a batch pause together, until the slowest of them has finished
    /// what is in its mailbox: smaller batches pause each for a shorter time, larger ones finish sooner.
    /// </summary>
    public int HandOverShards { get; init; } = 8;

    /// <summary>
    /// How long a hand-over waits for the grains of its batch to end. Past it the shards go anyway, and what a grain still tries to
    /// write is refused.
    /// </summary>
    public TimeSpan EndLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long handing over everything may take when the silo is asked to stop; then the rest is set free for others to take.
    /// </summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the table is read where no notification comes: what a lost notification costs at most.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The shortest time between the beginnings of two readings of the table: bounds what callers at wrong silos can cause.
    /// </summary>
    public TimeSpan ReadSpacing { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How old a route table may be before the process says that it is not ready.</summary>
    public TimeSpan RoutesAge { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a dead silo stays in the list of silos after its shards were taken.</summary>
    public TimeSpan Remembered { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tells what cannot work together.</summary>
    /// <exception cref="ArgumentException">A time is not positive, or they do not fit into the lease.</exception>
    public void Check()
    {
        if (Renewal <= TimeSpan.Zero || Tick <= TimeSpan.Zero || StatementLimit <= TimeSpan.Zero
            || ConnectLimit <= TimeSpan.Zero || FenceMargin < TimeSpan.Zero)
        {
            throw new ArgumentException("The times of the lease must be positive. Leave them out to get the defaults.");
        }

        if (Lease < (Renewal * 2) + FenceMargin || HandOverShards < 1)
        {
            throw new ArgumentException(
                $"A lease of {Lease.TotalSeconds} s with a renewal every {Renewal.TotalSeconds} s and a margin of"
                + $" {FenceMargin.TotalSeconds} s would end by a single lost renewal. Make the lease longer, or renew more often.");
        }
    }
}
