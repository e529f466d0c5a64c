using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Listeners;

namespace Osmo.Cluster.Routing;

/// <summary>
/// The engine of a process in a cluster: grains of shards that this process owns run here, all others are reached where they are.
/// </summary>
internal sealed class ClusterGrainEngine : IGrainEngine, IAsyncDisposable
{
    private readonly CallRouter _router;
    private readonly AgentLegs _legs;
    private readonly ClusterFleetWatch _watch;
    private readonly TimeProvider _time;

    public ClusterGrainEngine(
        IShardRoutes routes,
        SiloConnections connections,
        ClusterRoutingOptions options,
        TimeProvider time,
        ILogger<ClusterGrainEngine> logger,
        LocalGrains? local = null)
    {
        _router = new CallRouter(routes, local, connections, options, time);
        _legs = new AgentLegs(routes, local, connections.Sockets, options, time, logger);
        _watch = new ClusterFleetWatch(routes, new SocketEvents(connections.Sockets, options), local, options, time, logger);
        _time = time;
    }

    public IFleetWatch Watch => _watch;

    /// <summary>How often a call was tried again.</summary>
    public long Retries => _router.Retries;

    public IBackendGrain GetBackend(BackendName backend) => new RoutedBackend(_router, backend);

    public INodeGrain GetNode(BackendName backend, string node) => new RoutedNode(_router, backend, node);

    public IAgentConduit ConnectAgent(BackendName backend, IAgentFrameSink sink, bool moved = false) =>
        new RoutedAgentConduit(_legs.PathTo(backend), sink, moved, _time);

    public IAgentConduit ConnectListener(BackendName backend, ListenerChannel channel, IAgentFrameSink sink) =>
        new RoutedListenerConduit(_legs.PathTo(backend), channel, sink);

    public ValueTask DisposeAsync() => _watch.DisposeAsync();
}
