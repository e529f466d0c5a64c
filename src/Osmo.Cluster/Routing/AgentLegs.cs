using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
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
    public IShardRoutes Routes => routes;

    public ClusterRoutingOptions Options => options;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>Joins an agent to the owner of its backend.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="route">Who owns it.</param>
    /// <param name="moved">Whether the agent has talked to somebody on this connection, so that it has to begin anew.</param>
    /// <param name="sink">The way back to the agent, for this leg alone.</param>
    /// <param name="cancellationToken">The agent has hung up.</param>
    /// <exception cref="SiloUnreachableException">Nobody owns it, or the owner does not answer.</exception>
    public async Task<IAgentConduit> JoinAsync(
        BackendName backend, ShardRoute route, bool moved, LegSink sink, CancellationToken cancellationToken)
    {
        var owner = route.Owner ?? throw new SiloUnreachableException("no silo owns the backend at the moment");
        if (local is not null && owner.Incarnation == routes.OwnIncarnation)
        {
            return local.Engine.ConnectAgent(backend, sink, moved);
        }

        var socket = await sockets.ConnectAsync(
            owner.Address,
            $"{ClusterProtocol.AgentsPath}/{backend}",
            moved ? ClusterProtocol.MovedParameter : null,
            options.AgentKeepAliveTimeout,
            cancellationToken).ConfigureAwait(false);
        return new RemoteLeg(socket, sink);
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
