using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Osmo.Grains.Errors;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Security;

/// <summary>
/// The key that processes share, and proofs of knowing it. A proof is an HMAC over everything that both ends said before it, their
/// nonces and the path included, and over whose proof it is: it is worth nothing on another connection, for another endpoint, or
/// from the other end. The key itself is never sent.
/// </summary>
internal sealed class SharedKey
{
    public const int NonceBytes = 32;

    private readonly byte[] _key;

    private SharedKey(byte[] key) => _key = key;

    /// <exception cref="OsmoException">The file cannot be used.</exception>
    public static SharedKey Read(string file)
    {
        try
        {
            var bytes = File.ReadAllBytes(file).AsSpan().TrimEnd(" \t\r\n"u8);
            return bytes.Length >= ClusterCredentials.KeyBytesMin
                ? new SharedKey(bytes.ToArray())
                : throw new OsmoException(
                    ErrorCode.Invalid,
                    $"The key in {file} has fewer than {ClusterCredentials.KeyBytesMin} bytes. "
                    + $"Make one with: head -c 32 /dev/urandom | base64 > {file}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OsmoException(ErrorCode.Invalid, $"The key file {file} cannot be read: {failure.Message}");
        }
    }

    public byte[] ProofOfCaller(string path, Proto.Hello hello, Proto.Challenge challenge) => Proof("caller", path, hello, challenge);

    public byte[] ProofOfSilo(string path, Proto.Hello hello, Proto.Challenge challenge) => Proof("silo", path, hello, challenge);

    public static bool Matches(ByteString claimed, byte[] expected) => CryptographicOperations.FixedTimeEquals(claimed.Span, expected);

    private byte[] Proof(string whose, string path, Proto.Hello hello, Proto.Challenge challenge)
    {
        // Each part with its length, so that no two different conversations have the same bytes.
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Add(mac, Encoding.UTF8.GetBytes(ClusterProtocol.SubProtocol));
        Add(mac, Encoding.UTF8.GetBytes(whose));
        Add(mac, Encoding.UTF8.GetBytes(path));
        Add(mac, hello.ToByteArray());
        Add(mac, challenge.ToByteArray());
        return mac.GetHashAndReset();
    }

    private static void Add(IncrementalHash mac, byte[] part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        mac.AppendData(length);
        mac.AppendData(part);
    }
}
