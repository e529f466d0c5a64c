namespace Osmo.Agent;

/// <summary>Things that run side by side for ever.</summary>
internal static class RunningParts
{
    /// <summary>
    /// Runs until cancelled. Only a defect ends a part by itself: then the others are ended as well, so that it is seen, and not merely
    /// something missing.
    /// </summary>
    public static async Task RunAsync(IEnumerable<Func<CancellationToken, Task>> parts, CancellationToken cancellation)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] running = [.. parts.Select(part => part(ended.Token))];
        Task first = await Task.WhenAny(running).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        await first.ConfigureAwait(false);
    }
}
