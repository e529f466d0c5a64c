using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Listeners;
using Osmo.Grains.Storage;
using Osmo.Silo.Agents;
using Osmo.Silo.Agents.Listener;

namespace Osmo.Silo.Engine;

/// <summary>
/// Runs the grains of this process: those of every backend that <see cref="IOwnership"/> lets it run, activated by the first call.
/// </summary>
internal sealed class LocalGrainEngine : IGrainEngine, IActivationHost, IAsyncDisposable
{
    private readonly ConcurrentDictionary<BackendName, Hosted> _activations = [];
    private readonly IOwnership _ownership;
    private readonly FleetEventLog _events;
    private readonly SiloMetrics _metrics;
    private readonly RefusalLog _refusals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile bool _stopping;

    public LocalGrainEngine(
        SiloIdentity silo,
        IBackendStore store,
        IOwnership ownership,
        FleetEventLog events,
        SiloMetrics metrics,
        TimeProvider time,
        ILogger<LocalGrainEngine> logger)
    {
        Silo = silo;
        Store = store;
        _ownership = ownership;
        _events = events;
        _metrics = metrics;
        _refusals = new RefusalLog(time);
        _time = time;
        _logger = logger;
    }

    public IFleetWatch Watch => _events;

    public SiloIdentity Silo { get; }

    public IBackendStore Store { get; }

    public IBackendGrain GetBackend(BackendName backend) => new BackendReference(this, backend, _time);

    public INodeGrain GetNode(BackendName backend, string node) => new NodeReference(this, backend, node);

    public IAgentConduit ConnectAgent(BackendName backend, IAgentFrameSink sink, bool moved = false) =>
        new AgentConduit(this, backend, sink, moved, _time, _logger);

    public IAgentConduit ConnectListener(BackendName backend, ListenerChannel channel, IAgentFrameSink sink) =>
        new ListenerConduit(this, backend, channel, sink, _metrics, _refusals, _time, _logger);

    /// <summary>Backends with nodes that their agent judges otherwise than their configuration does, as of a moment ago.</summary>
    public IEnumerable<(string Backend, int Nodes)> CountDisagreements() =>
        from hosted in _activations
        let nodes = hosted.Value.Activation.DisagreementCount
        where nodes > 0
        select (hosted.Key.Value, nodes);

    /// <summary>Puts an operation into the mailbox of a backend, activating it where needed.</summary>
    /// <returns>The right under which it will run.</returns>
    public async ValueTask<ShardEpoch?> EnqueueAsync(BackendName backend, TurnWork work, CancellationToken cancellationToken)
    {
        while (true)
        {
            var hosted = Activate(backend);
            if (await hosted.Activation.TryEnqueueAsync(work, cancellationToken).ConfigureAwait(false))
            {
                return hosted.Activation.Claim;
            }

            await hosted.Running.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Runs an operation on a backend and waits until it is durable. Where nothing had to be made durable, the answer waits until the
    /// store has confirmed that this process still owns the backend: a refusal, too, says something about the newest state.
    /// </summary>
    public async Task<TAnswer> CallAsync<TStaged, TAnswer>(
        BackendName backend, TurnCall<TStaged, TAnswer> call, CancellationToken cancellationToken)
    {
        var claim = await EnqueueAsync(backend, call, cancellationToken).ConfigureAwait(false);
        try
        {
            return await call.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OsmoException refusal) when (refusal.Code is ErrorCode.Moved or ErrorCode.Unavailable)
        {
            claim = null;
            throw;
        }
        finally
        {
            if (!call.Fenced && !cancellationToken.IsCancellationRequested)
            {
                await _ownership.ConfirmAsync(claim, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Answers a question from what the grain of a backend has published.</summary>
    public async Task<TAnswer> ReadAsync<TAnswer>(
        BackendName backend, Func<BackendGrain, TAnswer> read, CancellationToken cancellationToken)
    {
        var activation = Activate(backend).Activation;
        var grain = await activation.Grain.WaitAsync(cancellationToken).ConfigureAwait(false);
        var answer = read(grain);
        await _ownership.ConfirmAsync(activation.Claim, cancellationToken).ConfigureAwait(false);
        return answer;
    }

    /// <inheritdoc/>
    public Task EndAsync(IReadOnlySet<int> shards)
    {
        var ending = _activations.Values.Where(hosted => hosted.Activation.Claim is { } claim && shards.Contains(claim.Shard)).ToArray();
        return EndAsync(ending, moves: true);
    }

    /// <inheritdoc/>
    public (int Backends, long Nodes) Count()
    {
        var backends = 0;
        var nodes = 0L;
        foreach (var hosted in _activations.Values)
        {
            backends++;
            nodes += hosted.Activation.NodeCount;
        }

        return (backends, nodes);
    }

    /// <summary>Ends every activation after what is in its mailbox.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        await EndAsync([.. _activations.Values], moves: false).ConfigureAwait(false);
    }

    private static Task EndAsync(Hosted[] ending, bool moves)
    {
        foreach (var hosted in ending)
        {
            hosted.Activation.Stop(moves);
        }

        return Task.WhenAll(ending.Select(hosted => hosted.Running.Value));
    }

    private Hosted Activate(BackendName backend)
    {
        if (_stopping)
        {
            throw new OsmoException(ErrorCode.Unavailable, "This process is stopping. Try again elsewhere or later.");
        }

        var claim = _ownership.Claim(backend);
        while (true)
        {
            var hosted = _activations.GetOrAdd(
                backend, static (name, host) => host.Engine.Host(name, host.Claim), (Engine: this, Claim: claim));
            _ = hosted.Running.Value;
            if (hosted.Activation.Claim == claim)
            {
                return hosted;
            }

            // It began under a right that was lost since, and another process may have changed the backend meanwhile.
            hosted.Activation.Stop(moves: true);
            _activations.TryRemove(new(backend, hosted));
        }
    }

    private Hosted Host(BackendName backend, ShardEpoch? claim)
    {
        var activation = new BackendActivation(backend, claim, Store, _ownership, _events, _time, _logger);
        Hosted? hosted = null;
        return hosted = new Hosted(activation, new Lazy<Task>(() => Task.Run(async () =>
        {
            try
            {
                await activation.RunAsync().ConfigureAwait(false);
            }
            finally
            {
                _activations.TryRemove(new(backend, hosted!));
            }
        })));
    }

    /// <summary>Lazy, because a dictionary may make a value that it then throws away.</summary>
    private sealed record Hosted(BackendActivation Activation, Lazy<Task> Running);
}
