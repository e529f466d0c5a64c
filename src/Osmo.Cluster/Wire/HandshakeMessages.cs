using Google.Protobuf;
using Osmo.Protocol;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>Sends and receives the messages of a handshake.</summary>
internal static class HandshakeMessages
{
    /// <summary>Nothing of a handshake is larger: what a stranger sends is not buffered.</summary>
    public const int MessageBytesMax = 4 * 1024;

    public static async Task SendAsync(FrameConnection connection, Proto.Handshake message, CancellationToken cancellationToken) =>
        await connection.SendAsync(message, cancellationToken).ConfigureAwait(false);

    /// <exception cref="HandshakeException">The other end left, or sent something else.</exception>
    public static async Task<Proto.Handshake> ReceiveAsync(FrameConnection connection, CancellationToken cancellationToken)
    {
        var frame = await connection.ReceiveAsync(MessageBytesMax, cancellationToken).ConfigureAwait(false)
            ?? throw new HandshakeException("The other end closed the connection during the handshake. Its log says why.");
        try
        {
            return Proto.Handshake.Parser.ParseFrom(frame.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new HandshakeException("The other end does not speak the cluster protocol.");
        }
    }
}
