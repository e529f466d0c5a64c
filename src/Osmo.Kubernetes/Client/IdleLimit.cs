namespace Osmo.Kubernetes;

/// <summary>A cancellation that strikes when nothing happened for a while; each <see cref="Restart"/> starts the while anew.</summary>
internal sealed class IdleLimit : IDisposable
{
    private readonly TimeSpan _idle;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _outer;

    public IdleLimit(TimeSpan idle, TimeProvider time, CancellationToken cancellation)
    {
        _idle = idle;
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _outer = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    public CancellationToken Restart()
    {
        _source.CancelAfter(_idle);
        return _source.Token;
    }

    public void Dispose()
    {
        _outer.Dispose();
        _source.Dispose();
    }
}
