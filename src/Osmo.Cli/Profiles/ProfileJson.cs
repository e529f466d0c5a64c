using System.Globalization;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Profiles;

/// <summary>A profile as JSON.</summary>
internal static class ProfileJson
{
    public static JsonObject Write(Profile profile) => new()
    {
        ["server"] = profile.Server,
        ["ca_file"] = profile.CaFile,
        ["login"] = profile.Login is { } login
            ? new JsonObject
            {
                ["method"] = login.Method.ToString().ToLowerInvariant(),
                ["username"] = login.Username,
                ["secret"] = login.Secret,
                ["jwt"] = login.Jwt,
                ["jwt_expires_at"] = login.JwtExpiresAt?.ToString("O", CultureInfo.InvariantCulture),
                ["token_endpoint"] = login.TokenEndpoint,
                ["client_id"] = login.ClientId,
            }
            : null,
    };

    /// <exception cref="FormatException">A field has a value that none of ours has.</exception>
    public static Profile Read(JsonObject json) => new(
        (string?)json["server"] ?? throw new FormatException("A profile without a server."),
        (string?)json["ca_file"],
        json["login"] is JsonObject login ? ReadLogin(login) : null);

    private static LoginState ReadLogin(JsonObject json) => new(
        Enum.TryParse<LoginMethod>((string?)json["method"], ignoreCase: true, out var method)
            ? method
            : throw new FormatException("A log-in of an unknown method."),
        (string?)json["username"] ?? "",
        (string?)json["secret"],
        (string?)json["jwt"],
        (string?)json["jwt_expires_at"] is { } ends ? DateTimeOffset.Parse(ends, CultureInfo.InvariantCulture) : null,
        (string?)json["token_endpoint"],
        (string?)json["client_id"]);
}
