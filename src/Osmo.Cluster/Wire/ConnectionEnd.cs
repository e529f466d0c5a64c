using System.Net.WebSockets;
using Osmo.Protocol;

namespace Osmo.Cluster.Wire;

/// <summary>Why a connection ended, in words.</summary>
internal static class ConnectionEnd
{
    public static string Tell(Exception failure) => failure switch
    {
        OperationCanceledException or ObjectDisposedException => "it was closed",
        WebSocketException or IOException or FrameProtocolException or WireFormatException or HandshakeException => failure.Message,
        _ => $"an internal error: {failure.Message}",
    };
}
