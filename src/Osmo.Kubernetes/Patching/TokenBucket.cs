namespace Osmo.Kubernetes;

/// <summary>Client-side pacing as client-go's flow control does it: so many a second on average, so many at once.</summary>
public sealed class TokenBucket
{
    private readonly Lock _lock = new();
    private readonly double _perSecond;
    private readonly int _burst;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private double _tokens;
    private TimeSpan _filledAt;
    private TimeSpan _pausedUntil;

    /// <summary>Creates a full bucket.</summary>
    /// <param name="perSecond">Average rate; greater than zero.</param>
    /// <param name="burst">Most at once; at least one.</param>
    /// <param name="time">Clock.</param>
    public TokenBucket(double perSecond, int burst, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        ArgumentNullException.ThrowIfNull(time);
        (_perSecond, _burst, _time, _tokens, _startedAt) = (perSecond, burst, time, burst, time.GetTimestamp());
    }

    /// <summary>Waits for its turn; turns are given in the order of asking.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        TimeSpan wait = Take();
        try
        {
            while (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, _time, cancellation).ConfigureAwait(false);
                wait = PauseLeft();
            }
        }
        catch (OperationCanceledException)
        {
            GiveBack();
            throw;
        }
    }

    /// <summary>Lets nobody through for a while, because the server asked for it.</summary>
    public void PauseFor(TimeSpan pause)
    {
        lock (_lock)
        {
            TimeSpan until = Now() + pause;
            _pausedUntil = until > _pausedUntil ? until : _pausedUntil;
        }
    }

    private TimeSpan Take()
    {
        lock (_lock)
        {
            TimeSpan now = Now();
            _tokens = Math.Min(_burst, _tokens + ((now - _filledAt).TotalSeconds * _perSecond));
            _filledAt = now;
            _tokens--;
            TimeSpan turn = _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / _perSecond);
            TimeSpan pause = _pausedUntil - now;
            return turn > pause ? turn : pause;
        }
    }

    private TimeSpan PauseLeft()
    {
        lock (_lock)
        {
            return _pausedUntil - Now();
        }
    }

    private void GiveBack()
    {
        lock (_lock)
        {
            _tokens = Math.Min(_burst, _tokens + 1);
        }
    }

    private TimeSpan Now() => _time.GetElapsedTime(_startedAt);
}
