using System.Security.Cryptography;
using System.Text;
using Osmo.Access.Secrets;

namespace Osmo.Access.Tokens;

/// <summary>The secret text of access tokens, which is shown once, and what of it is stored.</summary>
public static class TokenText
{
    private const int Bytes = 32;
    private const int IdBytes = 12;

    /// <summary>Most characters of a text that is looked at at all.</summary>
    public const int CharsMax = 512;

    /// <summary>A new token: 256 random bits as 64 hexadecimal digits.</summary>
    public static string Create() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>A new id for a token.</summary>
    public static string CreateId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>What a new token is stored as.</summary>
    public static TokenHash Hash(SecretsKeyRing keys, string text) => Hash(keys.Current, text);

    /// <summary>What a token may be stored as: one hash for each key of the ring, the newest first.</summary>
    public static IEnumerable<TokenHash> Hashes(SecretsKeyRing keys, string text) => keys.Keys.Select(key => Hash(key, text));

    private static TokenHash Hash(SecretsKey key, string text) =>
        new(key.Id, Convert.ToHexStringLower(key.KeyedHash(SecretsPurpose.Token, Encoding.UTF8.GetBytes(text))));
}
