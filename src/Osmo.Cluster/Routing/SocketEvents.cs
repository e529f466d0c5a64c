using System.Runtime.CompilerServices;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Engine;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Routing;

/// <summary>Events over a connection for each silo.</summary>
internal sealed class SocketEvents(SiloSocket sockets, ClusterRoutingOptions options) : ISiloEvents
{
    public async IAsyncEnumerable<IReadOnlyList<FleetEvent?>> FollowAsync(
        SiloEntry silo, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var socket = await sockets.ConnectAsync(
            silo.Address, ClusterProtocol.EventsPath, query: null, options.KeepAliveTimeout, cancellationToken).ConfigureAwait(false);
        await using (socket.ConfigureAwait(false))
        {
            while (await socket.Frames.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            {
                yield return EventMessages.Read(Proto.EventBatch.Parser.ParseFrom(frame.Span));
            }
        }
    }
}
