using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Access.Oidc;

/// <summary>Reads the claims of an identity provider's log-in.</summary>
internal static class OidcClaims
{
    private const int RolesMax = 256;

    private static readonly char[] Separators = [',', ' '];

    /// <summary>The user's name; null where there is none.</summary>
    /// <param name="claims">The log-in's claims.</param>
    /// <param name="claim">The claim with the name; without it the user's e-mail address or id is taken.</param>
    public static string? User(JsonElement claims, string claim) => new[] { claim, "email", "sub" }
        .Select(name => Find(claims, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null)
        .FirstOrDefault(name => name is { Length: > 0 and <= Limits.UsernameCharsMax } && !name.Any(char.IsControl));

    /// <summary>The names of the roles.</summary>
    /// <param name="claims">The log-in's claims.</param>
    /// <param name="claim">The claim with the roles; where it is inside of others, their names before it with dots between.</param>
    public static ImmutableArray<string> Roles(JsonElement claims, string claim) => Find(claims, claim) switch
    {
        { ValueKind: JsonValueKind.String } text =>
            [.. text.GetString()!.Split(Separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(RolesMax)],
        { ValueKind: JsonValueKind.Array } list =>
        [
            .. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!).Take(RolesMax),
        ],
        _ => [],
    };

    private static JsonElement? Find(JsonElement claims, string path)
    {
        if (claims.TryGetProperty(path, out var direct))
        {
            return direct;
        }

        foreach (var name in path.Split('.'))
        {
            if (claims.ValueKind != JsonValueKind.Object || !claims.TryGetProperty(name, out claims))
            {
                return null;
            }
        }

        return claims;
    }
}
