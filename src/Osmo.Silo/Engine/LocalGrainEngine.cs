using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Osmo.Silo.Agents;

namespace Osmo.Silo.Engine;

/// <summary>The engine of one process: every backend is here, activated by the first call.</summary>
internal sealed class LocalGrainEngine : IGrainEngine, IAsyncDisposable
{
    private readonly ConcurrentDictionary<BackendName, Hosted> _activations = [];
    private readonly IBackendStore _store;
    private readonly FleetEventLog _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile bool _stopping;

    public LocalGrainEngine(IBackendStore store, FleetEventLog events, TimeProvider time, ILogger<LocalGrainEngine> logger)
    {
        _store = store;
        _events = events;
        _time = time;
        _logger = logger;
    }

    public IFleetWatch Watch => _events;

    public IBackendGrain GetBackend(BackendName backend) => new BackendReference(this, backend, _time);

    public INodeGrain GetNode(BackendName backend, string node) => new NodeReference(this, backend, node);

    public IAgentConduit ConnectAgent(BackendName backend, IAgentFrameSink sink) => new AgentConduit(this, backend, sink, _logger);

    /// <summary>Puts an operation into the mailbox of a backend, activating it where needed.</summary>
    public async ValueTask EnqueueAsync(BackendName backend, TurnWork work, CancellationToken cancellationToken)
    {
        while (true)
        {
            var hosted = Activate(backend);
            if (await hosted.Activation.TryEnqueueAsync(work, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            await hosted.Running.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs an operation on a backend and waits until it is durable.</summary>
    public async Task<TAnswer> CallAsync<TStaged, TAnswer>(
        BackendName backend, TurnCall<TStaged, TAnswer> call, CancellationToken cancellationToken)
    {
        await EnqueueAsync(backend, call, cancellationToken).ConfigureAwait(false);
        return await call.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The grain of a backend, for questions that read what is published.</summary>
    public Task<BackendGrain> ReadAsync(BackendName backend, CancellationToken cancellationToken) =>
        Activate(backend).Activation.Grain.WaitAsync(cancellationToken);

    /// <summary>Ends every activation after what is in its mailbox.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        foreach (var hosted in _activations.Values)
        {
            hosted.Activation.Stop();
        }

        await Task.WhenAll(_activations.Values.Select(hosted => hosted.Running.Value)).ConfigureAwait(false);
    }

    private Hosted Activate(BackendName backend)
    {
        if (_stopping)
        {
            throw new OsmoException(ErrorCode.Unavailable, "This process is stopping. Try again elsewhere or later.");
        }

        var hosted = _activations.GetOrAdd(backend, Host);
        _ = hosted.Running.Value;
        return hosted;
    }

    private Hosted Host(BackendName backend)
    {
        var activation = new BackendActivation(backend, _store, _events, _time, _logger);
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

    private sealed class BackendReference(LocalGrainEngine engine, BackendName name, TimeProvider time) : IBackendGrain
    {
        public async Task<BackendStatus> GetAsync(CancellationToken cancellationToken)
        {
            var grain = await engine.ReadAsync(name, cancellationToken).ConfigureAwait(false);
            return grain.Status(time.GetUtcNow()) ?? throw Unknown(name);
        }

        public Task<BackendRecord> ConfigureAsync(
            ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken) =>
            engine.CallAsync(
                name,
                new TurnCall<bool, BackendRecord>(
                    turn => turn.Configure(edit, audit, expectedRevision),
                    (grain, _) => grain.View.Record! with { LastHeartbeat = grain.View.LastHeartbeat }),
                cancellationToken);

        public Task DeleteAsync(Audit audit, long? expectedRevision, CancellationToken cancellationToken) => engine.CallAsync(
            name,
            new TurnCall<bool, bool>(
                turn =>
                {
                    turn.Delete(audit, expectedRevision);
                    return true;
                },
                (_, done) => done),
            cancellationToken);

        public async Task<NodePage> ListNodesAsync(NodeQuery query, CancellationToken cancellationToken)
        {
            var grain = await engine.ReadAsync(name, cancellationToken).ConfigureAwait(false);
            return grain.ListNodes(query) ?? throw Unknown(name);
        }
    }

    private sealed class NodeReference(LocalGrainEngine engine, BackendName backend, string node) : INodeGrain
    {
        public async Task<NodeExplanation> ExplainAsync(CancellationToken cancellationToken)
        {
            var grain = await engine.ReadAsync(backend, cancellationToken).ConfigureAwait(false);
            if (grain.View.Record is null)
            {
                throw Unknown(backend);
            }

            return grain.ExplainNode(node) ?? throw new OsmoException(
                ErrorCode.NotFound, $"Backend {backend} has no node of this name. List its nodes to see what it has.");
        }
    }

    private static OsmoException Unknown(BackendName name) => new(
        ErrorCode.NotFound,
        $"Backend {name} is not found. A backend appears when its agent connects; list the backends to see which there are.");
}
