using System.Text;
using Microsoft.AspNetCore.Http;

namespace Osmo.Gateway.Access;

/// <summary>Finds the credential of a request.</summary>
internal static class Credential
{
    /// <summary>Where OSMO's clients up to version 6.1 send a log-in.</summary>
    private const string OsmoHeader = "x-osmo-auth";

    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>A bearer's token or log-in; null where there is none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="takesPassword">
    /// Whether the password of any user will do, which browsers ask for. Only for pages that change nothing: browsers send it by
    /// themselves ever after, whatever page makes them.
    /// </param>
    public static string? Find(HttpRequest request, bool takesPassword)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return header[Bearer.Length..].Trim();
        }

        return takesPassword && header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            ? Password(header[Basic.Length..].Trim())
            : request.Headers[OsmoHeader].ToString() is { Length: > 0 } login ? login.Trim() : null;
    }

    private static string? Password(string text)
    {
        var decoded = new byte[text.Length];
        return Convert.TryFromBase64String(text, decoded, out var length)
            && Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2) is [_, var password]
            ? password
            : null;
    }
}
