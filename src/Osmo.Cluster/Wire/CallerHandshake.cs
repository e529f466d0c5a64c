using System.Security.Cryptography;
using Google.Protobuf;
using Osmo.Cluster.Wire.Security;
using Osmo.Protocol;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>The caller's part of the handshake: Hello, then Challenge, then Proof, then Welcome.</summary>
internal static class CallerHandshake
{
    /// <exception cref="HandshakeException">The silo refuses, or is not who it should be.</exception>
    public static async Task<Agreement> RunAsync(
        FrameConnection connection, string path, ClusterMember self, ClusterSecurity security, CancellationToken cancellationToken)
    {
        var hello = new Proto.Hello
        {
            ProtocolVersion = ClusterProtocol.Version,
            ProtocolVersionMin = ClusterProtocol.VersionMin,
            Sender = self.Id,
            Role = self.Role == ClusterRole.Silo ? Proto.Role.Silo : Proto.Role.Gateway,
            ClusterId = self.ClusterId.ToString("D"),
            Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(SharedKey.NonceBytes)),
            Authentication = security.Kind,
        };
        await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Hello = hello }, cancellationToken).ConfigureAwait(false);
        var answer = await HandshakeMessages.ReceiveAsync(connection, cancellationToken).ConfigureAwait(false);
        if (answer.Challenge is not { } challenge)
        {
            throw Unexpected(answer);
        }

        if (challenge.ProtocolVersion is < ClusterProtocol.VersionMin or > ClusterProtocol.Version
            || (security.Key is not null && challenge.Nonce.Length != SharedKey.NonceBytes))
        {
            throw new HandshakeException("The silo's challenge is none. Check that the address is a silo's, and the versions.");
        }

        var mac = security.Key?.ProofOfCaller(path, hello, challenge) ?? [];
        var proof = new Proto.Proof { Mac = ByteString.CopyFrom(mac) };
        await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Proof = proof }, cancellationToken).ConfigureAwait(false);
        answer = await HandshakeMessages.ReceiveAsync(connection, cancellationToken).ConfigureAwait(false);
        if (answer.Welcome is not { } welcome)
        {
            throw Unexpected(answer);
        }

        if (security.Key is { } key && !SharedKey.Matches(welcome.Mac, key.ProofOfSilo(path, hello, challenge)))
        {
            throw new HandshakeException("The silo does not know the shared key. Give all processes of the cluster the same key file.");
        }

        return new Agreement((int)challenge.ProtocolVersion, challenge.Silo);
    }

    private static HandshakeException Unexpected(Proto.Handshake answer) => new(
        answer.Refusal is { } refusal
            ? refusal.Message
            : "The silo answered out of turn. Check that the address is a silo's, and the versions.");
}

/// <summary>What two ends agreed on.</summary>
/// <param name="Version">The version of the protocol that is spoken.</param>
/// <param name="Peer">The other end's id.</param>
internal readonly record struct Agreement(int Version, string Peer);
