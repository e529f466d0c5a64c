using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Osmo.Gateway.Http;

/// <summary>
/// Takes the caller's address from <c>X-Forwarded-For</c> where a trusted proxy says it, for the audit trail and the limits of wrong
/// credentials. The header is read from its end and only as far as proxies are trusted, so nobody can put an address of their choice there.
/// </summary>
internal static class ForwardedAddresses
{
    /// <summary>Most proxies one behind the other.</summary>
    private const int ProxiesMax = 8;

    public static void UseForwardedAddresses(this WebApplication app)
    {
        var proxies = app.Services.GetRequiredService<GatewayOptions>().TrustedProxies;
        if (proxies.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = Microsoft.AspNetCore.HttpOverrides.ForwardedHeaders.XForwardedFor,
            ForwardLimit = ProxiesMax,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in proxies)
        {
            options.KnownIPNetworks.Add(network);
        }

        app.UseForwardedHeaders(options);
    }
}
