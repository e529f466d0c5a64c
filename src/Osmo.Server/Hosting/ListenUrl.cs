using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Domain.Errors;

namespace Osmo.Server.Hosting;

/// <summary>Reads the addresses that a server is to listen on.</summary>
internal static class ListenUrl
{
    /// <summary>Reads an address with a scheme, a host, a port and nothing else.</summary>
    /// <param name="text">The address, such as <c>http://127.0.0.1:8080</c>.</param>
    /// <param name="schemes">The schemes that it may have.</param>
    /// <exception cref="OsmoException">It is no such address.</exception>
    public static Uri Parse(string text, params ReadOnlySpan<string> schemes)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || !schemes.Contains(url.Scheme) || url.PathAndQuery != "/")
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"\"{text}\" is no address to listen on. Use one such as http://127.0.0.1:8080: {string.Join(" or ", schemes)}, a host, "
                + "a port and no path." + (schemes.Contains("https") ? "" : " To serve https, put a proxy in front that ends TLS."));
        }

        // A free port can only be had for one address at a time, and localhost stands for two.
        return url is { Host: "localhost", Port: 0 } ? new UriBuilder(url) { Host = "127.0.0.1" }.Uri : url;
    }

    /// <summary>Whether only this machine can reach the address.</summary>
    public static bool IsLoopback(Uri url) => url.Host == "localhost" || (Address(url) is { } address && IPAddress.IsLoopback(address));

    /// <summary>Listens there; at a name other than localhost, everywhere, as ASP.NET Core's addresses mean it.</summary>
    public static void Listen(KestrelServerOptions kestrel, Uri url, Action<ListenOptions> configure)
    {
        if (Address(url) is { } address)
        {
            kestrel.Listen(address, url.Port, configure);
        }
        else if (url.Host == "localhost")
        {
            kestrel.ListenLocalhost(url.Port, configure);
        }
        else
        {
            kestrel.ListenAnyIP(url.Port, configure);
        }
    }

    /// <summary>Where a server that has started listens, in the order in which it was told to.</summary>
    public static Uri[] Addresses(IServiceProvider services) =>
        [.. services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];

    private static IPAddress? Address(Uri url) => IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) ? address : null;
}
