using Microsoft.Extensions.Logging;
using Orleans;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;

namespace Osmo.Gateway.Calls;

/// <summary>
/// Calls the grains of backends and nodes for clients, and tries again until the deadline: a call on its way to an owner that is frozen,
/// dead or gone follows the backend to its new place.
/// <para>
/// What is tried again, and why that is safe. Reads and pings change nothing. A change (configure, delete) carries the id of its request,
/// which the store keeps with what it changed: whoever is asked a second time answers what the first time did. So every operation may be
/// repeated after every failure, and only whether that helps decides:
/// </para>
/// <list type="table">
/// <item><term>Moved</term><description>nothing was changed; another activation has the backend</description></item>
/// <item><term>Unavailable</term><description>the store does not answer, or too many calls wait</description></item>
/// <item><term>Orleans cannot reach the grain, or it does not answer</term><description>the outcome is not known</description></item>
/// <item><term>Invalid, NotFound, PreconditionFailed</term><description>the grain's own answer: final</description></item>
/// </list>
/// </summary>
/// <param name="grains">The grains.</param>
/// <param name="options">How patient it is.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it tells of tries that failed.</param>
public sealed class BackendCalls(IGrainFactory grains, BackendCallOptions options, TimeProvider time, ILogger<BackendCalls> logger)
{
    private readonly CallPlaces _places = new(options.CallsPerBackendMax);

    /// <summary>See <see cref="IBackendGrain.GetAsync"/>.</summary>
    public Task<BackendStatus> GetAsync(BackendName backend, CancellationToken cancellationToken) =>
        CallAsync("read", backend, null, ending => Grain(backend).GetAsync(ending), cancellationToken);

    /// <summary>See <see cref="IBackendGrain.ConfigureAsync"/>. A change without a request id is given one.</summary>
    public Task<BackendRecord> ConfigureAsync(
        BackendName backend, ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken)
    {
        var named = Repeatable(audit);
        return CallAsync(
            "change", backend, audit, ending => Grain(backend).ConfigureAsync(edit, named, expectedRevision, ending), cancellationToken);
    }

    /// <summary>See <see cref="IBackendGrain.DeleteAsync"/>. A change without a request id is given one.</summary>
    public Task DeleteAsync(BackendName backend, Audit audit, long? expectedRevision, CancellationToken cancellationToken)
    {
        var named = Repeatable(audit);
        return CallAsync("delete", backend, audit, DeleteAsync, cancellationToken);

        async Task<bool> DeleteAsync(CancellationToken ending)
        {
            await Grain(backend).DeleteAsync(named, expectedRevision, ending).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>See <see cref="IBackendGrain.ListNodesAsync"/>.</summary>
    public Task<NodePage> ListNodesAsync(BackendName backend, NodeQuery query, CancellationToken cancellationToken) =>
        CallAsync("list the nodes of", backend, null, ending => Grain(backend).ListNodesAsync(query, ending), cancellationToken);

    /// <summary>See <see cref="IBackendGrain.PingAsync"/>.</summary>
    public Task<BackendPlacement> PingAsync(BackendName backend, CancellationToken cancellationToken) =>
        CallAsync("find", backend, null, _ => Grain(backend).PingAsync().AsTask(), cancellationToken);

    /// <summary>See <see cref="INodeGrain.ExplainAsync"/>.</summary>
    public Task<NodeExplanation> ExplainAsync(BackendName backend, string node, CancellationToken cancellationToken) => CallAsync(
        "read a node of",
        backend,
        null,
        ending => grains.GetGrain<INodeGrain>(NodeKey.Of(backend, node)).ExplainAsync(ending),
        cancellationToken);

    /// <summary>
    /// If the caller gave the request no name, it gets one that nobody else has: then tries that follow an unknown outcome are known as the
    /// same request. Its digest says nothing, for the name stands for one change only.
    /// </summary>
    private static Audit Repeatable(Audit audit) =>
        audit.Request is null ? audit with { Request = new RequestId($"gateway/{Guid.NewGuid():N}", Digest: 0) } : audit;

    private IBackendGrain Grain(BackendName backend) => grains.GetGrain<IBackendGrain>(backend.Value);

    private async Task<TAnswer> CallAsync<TAnswer>(
        string what, BackendName backend, Audit? change, Func<CancellationToken, Task<TAnswer>> ask, CancellationToken cancellationToken)
    {
        var attempts = new CallAttempts(what, backend, change, options.CallTimeout, time);
        var place = CallPlaces.Of(backend);
        while (true)
        {
            Exception failure;
            var isEntered = _places.TryEnter(place);
            try
            {
                return isEntered
                    ? await TryAsync(ask, attempts.NextTryTime, cancellationToken).ConfigureAwait(false)
                    : throw _places.Full();
            }
            catch (Exception thrown) when (GrainFailures.IsTransient(thrown))
            {
                failure = thrown;
            }
            finally
            {
                if (isEntered)
                {
                    _places.Leave(place);
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            attempts.Fail(failure, wasAsked: isEntered);
            var pause = Backoff.Pause(options.RetryPauseFirst, options.RetryPauseMax, attempts.Failures);
            if (attempts.Left <= pause)
            {
                throw attempts.TooLate(failure);
            }

            GatewayLog.CallTriedAgain(logger, backend, attempts.Failures, failure.Message);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One try. Its end by time or by the caller reaches the grain, too.</summary>
    private async Task<TAnswer> TryAsync<TAnswer>(
        Func<CancellationToken, Task<TAnswer>> ask, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var ending = new CancellationTokenSource(limit, time);
        await using var link = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), ending);
        return await ask(ending.Token).WaitAsync(ending.Token).ConfigureAwait(false);
    }
}
