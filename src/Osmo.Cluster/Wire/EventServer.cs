using System.Net.WebSockets;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Engine;
using Osmo.Protocol;

namespace Osmo.Cluster.Wire;

/// <summary>
/// A silo's end of a subscription to its events. What is sent is what has come since the last batch was taken by the network; a
/// subscriber that is too slow for the log of events is told that some were lost.
/// </summary>
internal sealed class EventServer(IFleetWatch watch)
{
    private const int EventsPerBatchMax = 256;

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
            var items = watch.FollowAsync(after: null, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (items.ConfigureAwait(false))
            {
                // The first step takes the position, the empty batch says so.
                var next = items.MoveNextAsync().AsTask();
                var batch = new List<FleetEvent?>();
                do
                {
                    await connection.SendAsync(EventMessages.Write(batch), cancellationToken).ConfigureAwait(false);
                    batch.Clear();
                    while (batch.Count < EventsPerBatchMax && (next.IsCompleted || batch.Count == 0))
                    {
                        if (!await next.ConfigureAwait(false))
                        {
                            return "the silo tells no more events";
                        }

                        batch.Add(items.Current.Event);
                        next = items.MoveNextAsync().AsTask();
                    }
                }
                while (true);
            }
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
