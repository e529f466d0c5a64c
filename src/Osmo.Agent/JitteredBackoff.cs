namespace Osmo.Agent;

/// <summary>Pauses that double with every failure up to a cap, each between half and all of that.</summary>
internal sealed class JitteredBackoff(TimeSpan first, TimeSpan max)
{
    private const double AskedJitter = 0.1;

    private readonly Random _random = new();

    /// <summary>The pause after so many failures in a row, counted from one.</summary>
    public TimeSpan Pause(int failures)
    {
        double step = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Max(0, failures - 1)), max.TotalMilliseconds);
        lock (_random)
        {
            return TimeSpan.FromMilliseconds(step * (0.5 + (0.5 * _random.NextDouble())));
        }
    }

    /// <summary>
    /// The pause where the other side may have asked for one, zero when not: never shorter than that, and a little longer, so that
    /// those who were all sent away at once do not all come back at once.
    /// </summary>
    public TimeSpan PauseAfter(TimeSpan asked, int failures)
    {
        TimeSpan own = Pause(failures);
        lock (_random)
        {
            return asked + (asked * AskedJitter * _random.NextDouble()) + own;
        }
    }
}
