namespace Osmo.Kubernetes;

/// <summary>
/// The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, read by Go's rules and so as kubectl reads them. The platform's own reading
/// of NO_PROXY knows no address ranges, which is how clusters are usually excepted.
/// </summary>
internal static class EnvironmentProxy
{
    /// <summary>The proxy to reach a server through; null to connect directly.</summary>
    /// <exception cref="KubernetesConfigurationException">The variable does not hold a proxy's address.</exception>
    public static Uri? For(Uri server, Func<string, string?> variable)
    {
        string name = server.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY";
        if (Value(name, variable) is not { } text || server.IsLoopback || IsExcepted(server, Value("NO_PROXY", variable) ?? ""))
        {
            return null;
        }

        // The platform's SOCKS5 leaves names to the proxy, which is what the h asks for.
        string full = text.Contains("://", StringComparison.Ordinal)
            ? text.Replace("socks5h://", "socks5://", StringComparison.OrdinalIgnoreCase)
            : $"http://{text}";
        return Uri.TryCreate(full, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" or "socks5"
            ? address
            : throw new KubernetesConfigurationException(
                $"{name} is not the address of an http, https or socks5 proxy. Mend it, or unset it to connect directly.");
    }

    private static bool IsExcepted(Uri server, string list) => list
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Any(entry => new ProxyException(entry).Matches(server));

    private static string? Value(string name, Func<string, string?> variable) =>
        variable(name) is { Length: > 0 } value ? value : variable(name.ToLowerInvariant()) is { Length: > 0 } other ? other : null;
}
