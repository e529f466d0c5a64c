namespace Osmo.Kubernetes;

/// <summary>Exponential pauses with jitter and a cap, small again after a quiet time.</summary>
internal sealed class Backoff(int msInitial, int msMax, TimeSpan resetAfter, TimeProvider time, Random random)
{
    private double _ms = msInitial;
    private long _lastAt;

    /// <summary>Starts small again.</summary>
    public void Reset() => _ms = msInitial;

    /// <summary>The next pause: between half and all of the current step, which doubles.</summary>
    public TimeSpan Next()
    {
        if (time.GetElapsedTime(_lastAt) > resetAfter)
        {
            _ms = msInitial;
        }

        double step = Math.Min(_ms, msMax);
        _ms = Math.Min(step * 2, msMax);
        _lastAt = time.GetTimestamp();
        return TimeSpan.FromMilliseconds(step * (0.5 + (0.5 * random.NextDouble())));
    }
}
