using System.Security.Cryptography;
using System.Text;

namespace Osmo.Access.Secrets;

/// <summary>One key of a <see cref="SecretsKeyRing"/>: 32 random bytes, of which a key for every purpose is derived.</summary>
public sealed class SecretsKey
{
    /// <summary>Length of the key's material, of what is derived of it, and of a keyed hash, in bytes.</summary>
    public const int Bytes = 32;

    private const int IdBytes = 4;

    private readonly byte[][] _derived;

    /// <summary>Creates a key of its material.</summary>
    /// <param name="material"><see cref="Bytes"/> random bytes.</param>
    /// <exception cref="ArgumentException">The material has another length.</exception>
    public SecretsKey(ReadOnlySpan<byte> material)
    {
        if (material.Length != Bytes)
        {
            throw new ArgumentException($"A key has {Bytes} bytes, not {material.Length}.", nameof(material));
        }

        Id = Convert.ToHexStringLower(SHA256.HashData(material)[..IdBytes]);
        var purposes = Enum.GetValues<SecretsPurpose>();
        _derived = new byte[purposes.Length][];
        foreach (var purpose in purposes)
        {
            var info = Encoding.ASCII.GetBytes($"osmo/{purpose.ToString().ToLowerInvariant()}/v1");
            _derived[(int)purpose] = new byte[Bytes];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, material, _derived[(int)purpose], salt: default, info);
        }
    }

    /// <summary>Which key it is: eight hexadecimal digits of its hash, which say nothing of the key itself.</summary>
    public string Id { get; }

    /// <summary>HMAC-SHA256 under the purpose's key: what may be stored of a secret that only has to be recognised.</summary>
    public byte[] KeyedHash(SecretsPurpose purpose, ReadOnlySpan<byte> data) => HMACSHA256.HashData(_derived[(int)purpose], data);

    /// <summary>The id, for logs: never the key.</summary>
    public override string ToString() => Id;

    internal ReadOnlySpan<byte> For(SecretsPurpose purpose) => _derived[(int)purpose];
}
