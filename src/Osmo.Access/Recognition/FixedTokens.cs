using System.Security.Cryptography;
using System.Text;
using Osmo.Access.Secrets;

namespace Osmo.Access.Recognition;

/// <summary>The tokens that the server was started with: they work without the store, with the preassigned roles.</summary>
public sealed class FixedTokens
{
    private const string IdPrefix = "file:";
    private const int IdBytes = 8;

    private readonly List<(CredentialKey Key, Principal Principal)> _tokens = [];

    /// <summary>Creates the set.</summary>
    /// <param name="keys">Makes the tokens' ids; null where nobody needs them.</param>
    /// <param name="tokens">Each with the name of its user and its role; those without a text are left out.</param>
    public FixedTokens(SecretsKeyRing? keys, params IEnumerable<(string? Text, string User, string Role)> tokens)
    {
        foreach (var (text, user, role) in tokens)
        {
            if (text is not null)
            {
                var principal = new Principal(PrincipalKind.File, user, [role]) { TokenId = Id(keys, text), TokenName = user };
                _tokens.Add((CredentialKey.Of(text), principal));
            }
        }
    }

    /// <summary>The token with that id.</summary>
    internal Principal? Find(string id) => _tokens.Find(token => token.Principal.TokenId == id).Principal;

    /// <summary>The token with that text. All are compared: the time must not tell how far a guess got.</summary>
    internal Principal? Find(CredentialKey key)
    {
        Principal? found = null;
        foreach (var (known, principal) in _tokens)
        {
            found = known.EqualsInFixedTime(key) ? principal : found;
        }

        return found;
    }

    /// <summary>Says which token it is, to every gateway alike, and nothing of its text.</summary>
    private static string? Id(SecretsKeyRing? keys, string text) => keys is null
        ? null
        : IdPrefix + Convert.ToHexStringLower(
            keys.Current.KeyedHash(SecretsPurpose.Token, SHA256.HashData(Encoding.UTF8.GetBytes(text))).AsSpan(0, IdBytes));
}
