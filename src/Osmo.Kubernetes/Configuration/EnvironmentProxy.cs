using System.Net;

namespace Osmo.Kubernetes;

/// <summary>
/// The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, read by Go's rules and so as kubectl reads them: for every connection that
/// this product makes. The platform's own reading of NO_PROXY knows neither address ranges nor ports, and sends what is for this machine
/// to the proxy, too.
/// </summary>
public sealed class EnvironmentProxy : IWebProxy, ICredentials
{
    private readonly Func<string, string?> _variable;

    /// <summary>The proxy of this process's environment.</summary>
    /// <exception cref="KubernetesConfigurationException">A variable does not hold a proxy's address.</exception>
    public EnvironmentProxy()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal EnvironmentProxy(Func<string, string?> variable)
    {
        _variable = variable;
        _ = Address("HTTPS_PROXY", variable);
        _ = Address("HTTP_PROXY", variable);
    }

    /// <summary>The credentials that stand in the proxy's address.</summary>
    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException("The credentials are those in the proxy's address.");
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => For(destination, _variable);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => GetProxy(host) is null;

    /// <inheritdoc/>
    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return CredentialOf(uri) ?? CredentialOf(Find(uri, "HTTPS_PROXY")) ?? CredentialOf(Find(uri, "HTTP_PROXY"));
    }

    /// <summary>The proxy to reach a server through; null to connect directly.</summary>
    /// <exception cref="KubernetesConfigurationException">The variable does not hold a proxy's address.</exception>
    internal static Uri? For(Uri server, Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(server);
        Uri? proxy = Address(server.Scheme is "https" or "wss" ? "HTTPS_PROXY" : "HTTP_PROXY", variable);
        return proxy is null || server.IsLoopback || IsExcepted(server, Value("NO_PROXY", variable) ?? "") ? null : proxy;
    }

    /// <summary>The credentials in a proxy's address; null without any.</summary>
    internal static NetworkCredential? CredentialOf(Uri? proxy)
    {
        if (proxy is not { UserInfo.Length: > 0 })
        {
            return null;
        }

        string[] parts = proxy.UserInfo.Split(':', 2);
        return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    /// <summary>The proxy of a variable, if it is this one: the credentials of one are none of the other's business.</summary>
    private Uri? Find(Uri proxy, string name) =>
        Address(name, _variable) is { } named && named.Authority == proxy.Authority ? named : null;

    private static Uri? Address(string name, Func<string, string?> variable)
    {
        if (Value(name, variable) is not { } text)
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
