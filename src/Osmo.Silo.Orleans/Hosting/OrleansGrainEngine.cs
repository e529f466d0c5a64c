using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Routing;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Listeners;
using Osmo.Silo.Orleans.Events;
using Osmo.Silo.Orleans.Routing;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>The engine of a process in a cluster that Orleans runs.</summary>
internal sealed class OrleansGrainEngine : IGrainEngine, IAsyncDisposable
{
    private readonly OrleansCalls _calls;
    private readonly ClusterFleetWatch _watch;
    private readonly IClusterClientSource _source;
    private readonly ClusterRoutingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public OrleansGrainEngine(
        IClusterClientSource source,
        IShardRoutes routes,
        ClusterRoutingOptions options,
        TimeProvider time,
        ILogger<OrleansGrainEngine> logger,
        LocalGrains? local = null)
    {
        _calls = new OrleansCalls(source, options, time);
        _watch = new ClusterFleetWatch(routes, new OrleansEvents(source), local, options, time, logger);
        _source = source;
        _options = options;
        _time = time;
        _logger = logger;
    }

    public IFleetWatch Watch => _watch;

    public IBackendGrain GetBackend(BackendName backend) => new RoutedBackend(_calls, backend);

    public INodeGrain GetNode(BackendName backend, string node) => new RoutedNode(_calls, backend, node);

    public IAgentConduit ConnectAgent(BackendName backend, IAgentFrameSink sink, bool moved = false) =>
        new RoutedAgentConduit(PathTo(backend), sink, moved, _time);

    public IAgentConduit ConnectListener(BackendName backend, ListenerChannel channel, IAgentFrameSink sink) =>
        new RoutedListenerConduit(PathTo(backend), channel, sink);

    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    private OwnerPath PathTo(BackendName backend) => new(backend, _source, _options, _time, _logger);
}
