using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Cluster.Routing;

/// <summary>Joins agents to the owners of their backends: to a grain of this process, or over a connection to another.</summary>
internal sealed class AgentLegs(
    IShardRoutes routes,
    LocalGrains? local,
    SiloSocket sockets,
    ClusterRoutingOptions options,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan RouteCheckInterval = TimeSpan.FromSeconds(1);

    private IShardRoutes Routes => routes;

    private ClusterRoutingOptions Options => options;

    private TimeProvider Time => time;

    private ILogger Logger => logger;

    /// <summary>The way to the owner of a backend, for one connection.</summary>
    public IOwnerPath PathTo(BackendName backend) => new OwnerPath(this, backend);

    private async Task<IAgentConduit> JoinAsync(
        BackendName backend, SiloEntry? owner, AgentJoin join, LegSink sink, CancellationToken cancellationToken)
    {
        if (owner is null)
        {
            throw new SiloUnreachableException("no silo owns the backend at the moment");
        }

        if (local is not null && owner.Incarnation == routes.OwnIncarnation)
        {
            return join.To(local.Engine, backend, sink);
        }

        var socket = await sockets.ConnectAsync(
            owner.Address,
            $"{ClusterProtocol.AgentsPath}/{backend}",
            join.Query,
            options.AgentKeepAliveTimeout,
            cancellationToken).ConfigureAwait(false);
        return new RemoteLeg(socket, sink);
    }

    private sealed class OwnerPath(AgentLegs legs, BackendName backend) : IOwnerPath
    {
        private readonly int _shard = BackendShard.Of(backend);
        private ShardRoute _route;

        public Task<IAgentConduit> JoinAsync(AgentJoin join, LegSink sink, CancellationToken cancellationToken)
        {
            _route = legs.Routes.Get(_shard);
            return legs.JoinAsync(backend, _route.Owner, join, sink, cancellationToken);
        }

        /// <remarks>A silo that died tells nobody; whoever took its shards over is in the route table soon.</remarks>
        public async Task<LegEnd> WaitForEndAsync(LegSink sink, CancellationToken cancellationToken)
        {
            while (true)
            {
                try
                {
                    return await sink.Ended.WaitAsync(RouteCheckInterval, legs.Time, cancellationToken).ConfigureAwait(false);
                }
                catch (TimeoutException)
                {
                    var now = legs.Routes.Get(_shard);
                    if (now.Epoch > _route.Epoch && now.Owner is { } owner && owner.Incarnation != _route.Owner?.Incarnation)
                    {
                        return new LegEnd($"silo {owner.Id} owns the backend now", IsFinal: false);
                    }
                }
            }
        }

        public async Task PrepareNextAsync(string reason, int failures, CancellationToken cancellationToken)
        {
            ClusterLog.AgentTriesAgain(legs.Logger, backend, reason, failures);
            try
            {
                await legs.Routes.RefreshAsync(_shard, _route, cancellationToken)
                    .WaitAsync(legs.Options.CallTimeout, legs.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is OsmoException or TimeoutException)
            {
                // The database does not answer just now; the silo that is known still might.
            }

            var pause = Backoff.Pause(legs.Options.RetryPauseFirst, legs.Options.AgentPauseMax, failures);
            await Task.Delay(pause, legs.Time, cancellationToken).ConfigureAwait(false);
        }

        public void Report(Exception failure) => ClusterLog.CallFailed(legs.Logger, backend.Value, failure);
    }
}
