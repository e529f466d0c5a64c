using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Login;

/// <summary>What a client reads of a JWT. The signature is the gateway's affair.</summary>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="Name">Whom it names; empty where it names nobody.</param>
internal sealed record JwtClaims(DateTimeOffset ExpiresAt, string Name)
{
    private const int Parts = 3;

    /// <exception cref="CliError">It is no JWT with an end.</exception>
    public static JwtClaims Read(string jwt)
    {
        try
        {
            if (jwt.Split('.') is { Length: Parts } parts
                && JsonNode.Parse(Base64Url.DecodeFromChars(parts[1])) is JsonObject claims
                && claims["exp"] is JsonValue end && end.TryGetValue<double>(out var seconds))
            {
                var name = (string?)(claims["name"] ?? claims["unique_name"] ?? claims["preferred_username"]) ?? "";
                return new JwtClaims(DateTimeOffset.UnixEpoch.AddSeconds(seconds), name);
            }
        }
        catch (Exception failure) when (failure is FormatException or JsonException or InvalidOperationException)
        {
            // Told below.
        }

        throw new CliError("The gateway gave out something that is no JWT. Is that the address of an Osmo gateway?", ExitCode.Unreachable);
    }
}
