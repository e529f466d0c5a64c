using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>A listener's connection, as its service sees it.</summary>
internal sealed class ServedConnection(WebSocket socket, string channel) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly byte[] _buffer = new byte[1 << 20];

    public string Channel => channel;

    /// <summary>The next message; null when the listener has closed.</summary>
    public async Task<string?> ReceiveAsync()
    {
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return null;
            }

            length += part.Count;
            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(_buffer, 0, length);
            }
        }
    }

    public Task SendAsync(string type, JsonObject body) => SendAsync(
        new JsonObject { ["type"] = type, ["body"] = body.DeepClone(), ["uuid"] = Guid.NewGuid().ToString("N") }.ToJsonString());

    public async Task SendAsync(string text)
    {
        await _sending.WaitAsync();
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Abort() => socket.Abort();

    public void Dispose()
    {
        socket.Dispose();
        _sending.Dispose();
    }
}
