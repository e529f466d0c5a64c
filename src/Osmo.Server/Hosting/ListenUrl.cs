using System.Net;
using Osmo.Grains.Errors;

namespace Osmo.Server.Hosting;

/// <summary>Reads the address that a server is to listen on.</summary>
internal static class ListenUrl
{
    /// <summary>Reads an address with a host, a port and nothing else.</summary>
    /// <param name="text">The address, such as <c>http://127.0.0.1:8080</c>.</param>
    /// <exception cref="OsmoException">It is no such address.</exception>
    public static Uri Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || url.PathAndQuery != "/")
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"\"{text}\" is no address to listen on. Use one such as http://127.0.0.1:8080: http, a host, a port and no path. "
                + "To serve https, put a proxy in front that ends TLS.");
        }

        // A free port can only be had for one address at a time, and localhost stands for two.
        return url is { Host: "localhost", Port: 0 } ? new UriBuilder(url) { Host = "127.0.0.1" }.Uri : url;
    }

    /// <summary>Whether only this machine can reach the address.</summary>
    public static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
