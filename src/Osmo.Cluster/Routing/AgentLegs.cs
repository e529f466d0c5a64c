using System.Net.WebSockets;
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

    public IShardRoutes Routes => routes;

    public ClusterRoutingOptions Options => options;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>Joins an agent to the owner of its backend.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="route">Who owns it.</param>
    /// <param name="join">As what it is joined.</param>
    /// <param name="sink">The way back to the agent, for this leg alone.</param>
    /// <param name="cancellationToken">The agent has hung up.</param>
    /// <exception cref="SiloUnreachableException">Nobody owns it, or the owner does not answer.</exception>
    public async Task<IAgentConduit> JoinAsync(
        BackendName backend, ShardRoute route, AgentJoin join, LegSink sink, CancellationToken cancellationToken)
    {
        var owner = route.Owner ?? throw new SiloUnreachableException("no silo owns the backend at the moment");
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

    /// <summary>
    /// Waits until a leg has ended. A silo that died tells nobody; whoever took its shards over is in the route table soon.
    /// </summary>
    public async Task<LegEnd> EndOfAsync(BackendName backend, ShardRoute route, LegSink sink, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await sink.Ended.WaitAsync(RouteCheckInterval, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                var now = routes.Get(ShardOf(backend));
                if (now.Epoch > route.Epoch && now.Owner is { } owner && owner.Incarnation != route.Owner?.Incarnation)
                {
                    return new LegEnd($"silo {owner.Id} owns the backend now", IsFinal: false);
                }
            }
        }
    }

    /// <summary>Learns who owns a backend by now, and waits a little.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="known">The owner that was tried last.</param>
    /// <param name="reason">Why that was in vain, or why it ended.</param>
    /// <param name="failures">How often that happened, this time included.</param>
    /// <param name="cancellationToken">The agent has hung up.</param>
    public async Task PrepareNextAsync(
        BackendName backend, ShardRoute known, string reason, int failures, CancellationToken cancellationToken)
    {
        if (failures == 1)
        {
            ClusterLog.AgentFollows(logger, backend.Value, reason);
        }
        else if (failures == 10)
        {
            ClusterLog.AgentWaits(logger, backend.Value, reason);
        }

        try
        {
            await routes.RefreshAsync(ShardOf(backend), known, cancellationToken)
                .WaitAsync(options.CallTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OsmoException or TimeoutException)
        {
            // The database does not answer just now; the silo that is known still might.
        }

        var pause = Backoff.Pause(options.RetryPauseFirst, options.AgentPauseMax, failures);
        await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
    }

    public static int ShardOf(BackendName backend) => BackendShard.Of(backend);

    /// <summary>An agent's frames on a connection to the silo that owns its backend.</summary>
    private sealed class RemoteLeg : IAgentConduit
    {
        private readonly OpenSocket _socket;
        private readonly LegSink _sink;
        private readonly CancellationTokenSource _ending = new();
        private readonly Task _reading;

        public RemoteLeg(OpenSocket socket, LegSink sink)
        {
            _socket = socket;
            _sink = sink;
            _reading = Task.Run(ReadAsync);
        }

        public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
        {
            try
            {
                await _socket.Frames.SendAsync(frame, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is WebSocketException or ObjectDisposedException or IOException)
            {
                _sink.Move(failure.Message);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            _socket.Frames.Abort();
            await _reading.ConfigureAwait(false);
            await _socket.DisposeAsync().ConfigureAwait(false);
            _ending.Dispose();
        }

        private async Task ReadAsync()
        {
            try
            {
                while (await _socket.Frames.ReceiveAsync(_ending.Token).ConfigureAwait(false) is { } frame)
                {
                    await _sink.SendAsync(frame, _ending.Token).ConfigureAwait(false);
                }

                var said = _socket.Socket.CloseStatusDescription ?? "";
                if (_socket.Socket.CloseStatus == WebSocketCloseStatus.NormalClosure)
                {
                    _sink.Complete(said);
                }
                else
                {
                    _sink.Move(said);
                }
            }
            catch (OperationCanceledException)
            {
                // Whoever ended it knows why.
            }
            catch (Exception failure)
            {
                _sink.Move(ConnectionEnd.Tell(failure));
            }
        }
    }
}
