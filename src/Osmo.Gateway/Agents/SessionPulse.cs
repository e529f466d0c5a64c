using Osmo.Gateway.Calls;
using Osmo.Grains.Backends;

namespace Osmo.Gateway.Agents;

/// <summary>
/// Asks a backend's grain now and then whether it still has a session: it may have been activated elsewhere, and whoever had it before may
/// have died without a word. Only an answer counts. A silo that does not answer may be busy, and joining the agent again would cost it
/// more; one that is gone is followed by another that does answer.
/// </summary>
internal static class SessionPulse
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    /// <summary>Returns when the grain does not have the session any more.</summary>
    /// <exception cref="OperationCanceledException">The session has ended otherwise.</exception>
    public static async Task WatchAsync(IBackendGrain grain, long session, TimeProvider time, CancellationToken cancellationToken)
    {
        do
        {
            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
        }
        while (await HasSessionAsync(grain, session, time, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<bool> HasSessionAsync(
        IBackendGrain grain, long session, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await grain.HasSessionAsync(session).AsTask().WaitAsync(AnswerTime, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (GrainFailures.IsTransient(failure))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return true;
        }
    }
}
