namespace Osmo.Cluster.Ownership;

/// <summary>
/// How long this process may believe in its lease, by its own monotonic clock alone. Written by one loop, read by everybody.
/// </summary>
internal sealed class Lease(LeaseOptions options, TimeProvider time)
{
    private readonly long _length = Ticks(options.Lease, time);
    private readonly long _margin = Ticks(options.FenceMargin, time);
    private long _fenceAt = long.MinValue;
    private long _expiresAt = long.MinValue;
    private long _steadySince;
    private TableReading? _observed;

    /// <summary>Whether this process may serve: its lease is safe from takeover.</summary>
    public bool Holds => time.GetTimestamp() < Volatile.Read(ref _fenceAt);

    /// <summary>
    /// Whether it may take over what others let expire. Only after a lease's time without a gap: when the database, its clock or this
    /// process stood still, everybody looks dead to everybody, and those who live need a moment to show it.
    /// </summary>
    public bool IsSteady => Holds && time.GetTimestamp() - Volatile.Read(ref _steadySince) >= _length;

    /// <summary>A renewal was confirmed. Serving goes on only with <see cref="Serve"/>.</summary>
    /// <param name="sentAt">The monotonic clock before it was sent.</param>
    public void Renewed(long sentAt)
    {
        if (time.GetTimestamp() >= _expiresAt)
        {
            Volatile.Write(ref _steadySince, sentAt);
        }

        _expiresAt = sentAt + _length;
    }

    /// <summary>This process may serve under the renewal that was sent then.</summary>
    public void Serve(long sentAt) => Volatile.Write(ref _fenceAt, sentAt + _length - _margin);

    /// <summary>The lease is gone.</summary>
    public void Drop()
    {
        Volatile.Write(ref _fenceAt, long.MinValue);
        _expiresAt = long.MinValue;
    }

    /// <summary>
    /// Compares the database's clock with the own one: where they disagree on how much time has passed since the last reading, the
    /// expiry of others means nothing until they had time to renew.
    /// </summary>
    /// <returns>False where a clock has jumped.</returns>
    public bool Observe(TableReading reading)
    {
        var last = _observed;
        _observed = reading;
        if (last is null)
        {
            return true;
        }

        var passed = Ticks(reading.Table.DatabaseTime - last.Table.DatabaseTime, time);
        var steady = passed <= reading.EndedAt - last.BegunAt + _margin && passed >= reading.BegunAt - last.EndedAt - _margin;
        if (!steady)
        {
            Volatile.Write(ref _steadySince, time.GetTimestamp());
        }

        return steady;
    }

    public static long Ticks(TimeSpan span, TimeProvider time) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
