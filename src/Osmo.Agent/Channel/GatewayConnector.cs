using System.Net.WebSockets;
using Osmo.Protocol;

namespace Osmo.Agent;

/// <summary>Opens WebSockets of the agent channel.</summary>
internal sealed class GatewayConnector(AgentOptions options, TimeProvider time)
{
    // A dead peer shows within these two together.
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    private readonly WebSocketOpener _opener = new(options, time);

    /// <summary>Where the channel is.</summary>
    public Uri Address { get; } = AddressOf(options);

    /// <exception cref="ChannelException">There is no connection; the message says why.</exception>
    public async Task<ClientWebSocket> ConnectAsync(CancellationToken cancellation)
    {
        string? token = await GatewayToken.ReadAsync(options, cancellation).ConfigureAwait(false);
        ClientWebSocket socket = await _opener.OpenAsync(Address, to => Configure(to, token), cancellation).ConfigureAwait(false);
        if (socket.SubProtocol == AgentChannel.SubProtocol)
        {
            return socket;
        }

        socket.Dispose();
        throw new ChannelException($"{Address} does not speak {AgentChannel.SubProtocol}. Check --host, and the gateway's version.");
    }

    private static void Configure(ClientWebSocketOptions socket, string? token)
    {
        socket.AddSubProtocol(AgentChannel.SubProtocol);
        socket.KeepAliveInterval = PingInterval;
        socket.KeepAliveTimeout = PingTimeout;
        if (token is not null)
        {
            socket.SetRequestHeader("Authorization", $"Bearer {token}");
        }
    }

    private static Uri AddressOf(AgentOptions options)
    {
        UriBuilder address = new(options.Host)
        {
            Scheme = options.Host.Scheme is "https" or "wss" ? "wss" : "ws",
            Port = options.Host.Port,
            Path = $"{options.Host.AbsolutePath.TrimEnd('/')}{AgentChannel.Path}/{options.Backend}",
        };
        return address.Uri;
    }
}
