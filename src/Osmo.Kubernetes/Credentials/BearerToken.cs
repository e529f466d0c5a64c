using System.Net.Http.Headers;

namespace Osmo.Kubernetes;

/// <summary>Tokens as they may stand in a header.</summary>
internal static class BearerToken
{
    /// <summary>
    /// The header for a token, with the white space around it dropped; null when it is empty or holds what no header can, such as a second
    /// line.
    /// </summary>
    public static AuthenticationHeaderValue? TryParse(string text)
    {
        string token = text.Trim();
        return token.Length > 0 && token.All(c => c is > ' ' and <= '~') ? new AuthenticationHeaderValue("Bearer", token) : null;
    }
}
