namespace Osmo.Access.Recognition;

/// <summary>
/// Something that fills up with time and is taken from: so many at once, so many per second in the long run. Thread-safe.
/// </summary>
/// <param name="perSecond">How fast it fills up.</param>
/// <param name="burst">How much it holds.</param>
/// <param name="time">The clock.</param>
public sealed class RequestBudget(double perSecond, double burst, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly double _burst = burst;
    private double _left = burst;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Whether there is something left.</summary>
    public bool HasAny
    {
        get
        {
            lock (_gate)
            {
                Fill();
                return _left >= 1;
            }
        }
    }

    /// <summary>Takes one, where there is one.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            Fill();
            if (_left < 1)
            {
                return false;
            }

            _left--;
            return true;
        }
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(_burst, _left + (time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond));
        _filledAt = now;
    }
}
