using System.Net.WebSockets;
using Osmo.Grains.Engine;
using Osmo.Protocol;

namespace Osmo.Cluster.Wire;

/// <summary>
/// A silo's end of a subscription to its events. What is sent is what has come since the last batch was taken by the network.
/// </summary>
internal sealed class EventServer(IFleetWatch watch)
{
    public async Task<ServiceEnd> RunAsync(FrameConnection connection, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var telling = TellAsync(connection, ending.Token);
        var listening = ListenAsync(connection, ending.Token);
        var first = await Task.WhenAny(telling, listening).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(telling, listening).ConfigureAwait(false);
        return new ServiceEnd(await first.ConfigureAwait(false), WebSocketCloseStatus.EndpointUnavailable);
    }

    private async Task<string> TellAsync(FrameConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in EventBatches.FollowAsync(watch, cancellationToken).ConfigureAwait(false))
            {
                await connection.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            }

            return "the silo tells no more events";
        }
        catch (Exception failure)
        {
            return ConnectionEnd.Tell(failure);
        }
    }

    /// <summary>A subscriber says nothing; reading notices that it has gone, and answers its pings.</summary>
    private static async Task<string> ListenAsync(FrameConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            while (await connection.ReceiveAsync(cancellationToken).ConfigureAwait(false) is not null)
            {
            }

            return "the subscriber closed it";
        }
        catch (Exception failure)
        {
            return ConnectionEnd.Tell(failure);
        }
    }
}
