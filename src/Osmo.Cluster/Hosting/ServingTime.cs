namespace Osmo.Cluster.Hosting;

/// <summary>
/// How long this process serves the others of its cluster. That is longer than the host calls it running: a silo that was asked to stop
/// goes on answering until everything is handed over.
/// </summary>
internal sealed class ServingTime : IDisposable
{
    private readonly CancellationTokenSource _end = new();

    /// <summary>Cancelled when nothing is left to serve.</summary>
    public CancellationToken Ended => _end.Token;

    public void End() => _end.Cancel();

    public void Dispose() => _end.Dispose();
}
