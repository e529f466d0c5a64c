using System.Security.Cryptography;
using Google.Protobuf;
using Osmo.Cluster.Wire.Security;
using Osmo.Protocol;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>
/// The silo's part of the handshake. The caller proves itself first: a stranger gets nothing that was made with the key.
/// </summary>
internal static class SiloHandshake
{
    /// <exception cref="HandshakeException">The caller was refused.</exception>
    public static async Task<Proto.Hello> RunAsync(
        FrameConnection connection, string path, ClusterMember self, ClusterSecurity security, CancellationToken cancellationToken)
    {
        var first = await HandshakeMessages.ReceiveAsync(connection, cancellationToken).ConfigureAwait(false);
        if (first.Hello is not { } hello)
        {
            throw await RefuseAsync(
                connection, Proto.Refusal.Types.Code.ProtocolError, "The first message has to be Hello.", cancellationToken)
                .ConfigureAwait(false);
        }

        if (Objection(hello, self, security) is var (code, objection) && objection is not null)
        {
            throw await RefuseAsync(connection, code, objection, cancellationToken).ConfigureAwait(false);
        }

        var challenge = new Proto.Challenge
        {
            ProtocolVersion = Math.Min(hello.ProtocolVersion, ClusterProtocol.Version),
            Silo = self.Id,
            Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(SharedKey.NonceBytes)),
        };
        await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Challenge = challenge }, cancellationToken)
            .ConfigureAwait(false);
        var second = await HandshakeMessages.ReceiveAsync(connection, cancellationToken).ConfigureAwait(false);
        if (second.Proof is not { } proof
            || (security.Key is { } key && !SharedKey.Matches(proof.Mac, key.ProofOfCaller(path, hello, challenge))))
        {
            throw await RefuseAsync(
                connection,
                Proto.Refusal.Types.Code.Unauthenticated,
                "The caller does not know this cluster's shared key. Give all processes of the cluster the same key file.",
                cancellationToken).ConfigureAwait(false);
        }

        var mac = security.Key?.ProofOfSilo(path, hello, challenge) ?? [];
        var welcome = new Proto.Welcome { Mac = ByteString.CopyFrom(mac) };
        await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Welcome = welcome }, cancellationToken).ConfigureAwait(false);
        return hello;
    }

    private static (Proto.Refusal.Types.Code Code, string? Objection) Objection(
        Proto.Hello hello, ClusterMember self, ClusterSecurity security)
    {
        if (hello.ProtocolVersion < ClusterProtocol.VersionMin || hello.ProtocolVersionMin > ClusterProtocol.Version)
        {
            return (
                Proto.Refusal.Types.Code.Version,
                $"The caller speaks versions {hello.ProtocolVersionMin} to {hello.ProtocolVersion} of the cluster protocol, this silo "
                + $"{ClusterProtocol.VersionMin} to {ClusterProtocol.Version}. Upgrade the older of the two, one release at a time.");
        }

        if (hello.ClusterId != self.ClusterId.ToString("D"))
        {
            return (
                Proto.Refusal.Types.Code.OtherCluster,
                $"The caller belongs to cluster {hello.ClusterId}, this silo to {self.ClusterId}: they use different databases. "
                + "Check the database of both.");
        }

        if (hello.Authentication != security.Kind)
        {
            return (
                Proto.Refusal.Types.Code.Unauthenticated,
                $"The caller authenticates by {hello.Authentication}, this silo by {security.Kind}. Configure both alike.");
        }

        return security.Key is not null && hello.Nonce.Length != SharedKey.NonceBytes
            ? (Proto.Refusal.Types.Code.ProtocolError, $"The nonce has to have {SharedKey.NonceBytes} bytes.")
            : default;
    }

    private static async Task<HandshakeException> RefuseAsync(
        FrameConnection connection, Proto.Refusal.Types.Code code, string message, CancellationToken cancellationToken)
    {
        var refusal = new Proto.Refusal { Code = code, Message = message };
        await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Refusal = refusal }, cancellationToken).ConfigureAwait(false);
        return new HandshakeException(message);
    }
}
