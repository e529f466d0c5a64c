using System.Security.Cryptography;
using System.Text;

namespace Osmo.Access.Recognition;

/// <summary>The SHA-256 of a credential: what is remembered of it in memory.</summary>
internal readonly record struct CredentialKey(UInt128 High, UInt128 Low)
{
    private const int StackBytesMax = 2_048;

    public static CredentialKey Of(string credential)
    {
        var length = Encoding.UTF8.GetByteCount(credential);
        var bytes = length <= StackBytesMax ? stackalloc byte[StackBytesMax] : new byte[length];
        Encoding.UTF8.GetBytes(credential, bytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return new CredentialKey(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    /// <summary>Whether the two are the same, in a time that does not tell where they begin to differ.</summary>
    public bool EqualsInFixedTime(CredentialKey other) => ((High ^ other.High) | (Low ^ other.Low)) == UInt128.Zero;
}
