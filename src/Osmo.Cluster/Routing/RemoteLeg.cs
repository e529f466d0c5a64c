using System.Net.WebSockets;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>An agent's frames on a connection to the silo that owns its backend.</summary>
internal sealed class RemoteLeg : IAgentConduit
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
