namespace Osmo.Grains.Tests.Rigs;

/// <summary>The system's clock with the date moved on: timers go on as they do.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _shift;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _shift));

    /// <summary>Moves the date on.</summary>
    public void Shift(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
}
