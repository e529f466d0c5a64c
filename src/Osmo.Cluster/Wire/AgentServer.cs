using System.Net.WebSockets;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Routing;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Protocol;

namespace Osmo.Cluster.Wire;

/// <summary>
/// A silo's end of an agent's frames. A refusal of the agent ends it with a normal closure; with any other one, the gateway joins the
/// agent to whoever owns the backend then.
/// </summary>
internal sealed class AgentServer(LocalGrains local, IShardAdmission? admission, BackendName backend, AgentJoin join)
{
    private const WebSocketCloseStatus TryElsewhere = WebSocketCloseStatus.EndpointUnavailable;

    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(3);

    public async Task<ServiceEnd> RunAsync(FrameConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            if (admission is not null)
            {
                await admission.AdmitAsync(BackendShard.Of(backend), cancellationToken).ConfigureAwait(false);
            }

            local.Ownership.Claim(backend);
        }
        catch (OsmoException refusal)
        {
            return new ServiceEnd(refusal.Message, TryElsewhere);
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sink = new ConnectionSink(connection);
        var conduit = join.To(local.Engine, backend, sink);
        await using (conduit.ConfigureAwait(false))
        {
            var pumping = PumpAsync(connection, conduit, ending.Token);
            await Task.WhenAny(pumping, sink.Ended).ConfigureAwait(false);
            if (sink.Ended.IsCompleted)
            {
                // Said before reading ends: giving up a read breaks the connection, and what was sent last would be lost with it.
                var end = await sink.Ended.ConfigureAwait(false);
                ending.CancelAfter(ClosingTime);
                await connection.CloseAsync(end.Status, end.Reason, CancellationToken.None).ConfigureAwait(false);
                await pumping.ConfigureAwait(false);
                return end;
            }

            return new ServiceEnd(await pumping.ConfigureAwait(false), TryElsewhere);
        }
    }

    private static async Task<string> PumpAsync(FrameConnection connection, IAgentConduit conduit, CancellationToken cancellationToken)
    {
        try
        {
            while (await connection.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            {
                await conduit.ReceiveAsync(frame, cancellationToken).ConfigureAwait(false);
            }

            return "the gateway closed it";
        }
        catch (Exception failure)
        {
            return ConnectionEnd.Tell(failure);
        }
    }

    private sealed class ConnectionSink(FrameConnection connection) : IAgentFrameSink
    {
        private readonly TaskCompletionSource<ServiceEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ServiceEnd> Ended => _ended.Task;

        public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
        {
            try
            {
                await connection.SendAsync(frame, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is WebSocketException or ObjectDisposedException)
            {
                throw new IOException("The connection to the gateway broke.", failure);
            }
        }

        public void Complete(string reason) => _ended.TrySetResult(new ServiceEnd(reason, WebSocketCloseStatus.NormalClosure));

        public void Move(string reason) => _ended.TrySetResult(new ServiceEnd(reason, TryElsewhere));
    }
}
