using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Osmo.Domain.Errors;
using Osmo.Silo.Hosting;

namespace Osmo.Server.Hosting;

/// <summary>
/// Reads the addresses at which members of a cluster reach each other. Orleans knows its members by addresses, not by names.
/// </summary>
internal static class ClusterEndpoint
{
    private const string ListenOption = "--cluster-endpoint";
    private const string AdvertiseOption = "--cluster-advertise";

    /// <summary>Where to listen; a free port in place of port 0.</summary>
    /// <exception cref="OsmoException">It is no address to listen on; the message says what to do.</exception>
    public static async Task<IPEndPoint> ReadListenAsync(string text, CancellationToken cancellationToken)
    {
        var (host, port) = Split(text, ListenOption);
        if (port is null)
        {
            throw Invalid(text, ListenOption, "It has no port.");
        }

        var address = await ResolveAsync(host, text, ListenOption, cancellationToken);
        return port == 0 ? FreePort.Find(address) : new IPEndPoint(address, port.Value);
    }

    /// <summary>Where the others reach a member.</summary>
    /// <param name="text">What the settings say; null if it is where it listens.</param>
    /// <param name="listening">Where it listens.</param>
    /// <param name="cancellationToken">Ends the look-up of a name.</param>
    /// <exception cref="OsmoException">It is no address, or none that others can reach; the message says what to do.</exception>
    public static async Task<IPEndPoint> ReadAdvertisedAsync(string? text, IPEndPoint listening, CancellationToken cancellationToken)
    {
        if (text is null)
        {
            return !IsAny(listening.Address)
                ? listening
                : throw new OsmoException(
                    ErrorCode.Invalid,
                    $"Others cannot reach a process at {listening.Address}. "
                    + $"Say with {AdvertiseOption} where they can, for example at the pod's IP.");
        }

        var (host, port) = Split(text, AdvertiseOption);
        var address = await ResolveAsync(host, text, AdvertiseOption, cancellationToken);
        return IsAny(address) || port == 0
            ? throw Invalid(text, AdvertiseOption, "Nobody can reach that.")
            : new IPEndPoint(address, port ?? listening.Port);
    }

    private static (string Host, int? Port) Split(string text, string option)
    {
        // An IPv6 address without a port has colons, too.
        if (IPAddress.TryParse(text, out _) && !text.StartsWith('['))
        {
            return (text, null);
        }

        var colon = text.LastIndexOf(':');
        var (host, port) = colon < 0 || text.EndsWith(']') ? (text, null) : (text[..colon], text[(colon + 1)..]);
        if (host.Length == 0 || host.Contains('/', StringComparison.Ordinal))
        {
            throw Invalid(text, option, "It has no host.");
        }

        if (port is null)
        {
            return (host, null);
        }

        return ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (host, number)
            : throw Invalid(text, option, $"\"{port}\" is no port.");
    }

    private static async Task<IPAddress> ResolveAsync(string host, string text, string option, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return address;
        }

        if (host == "localhost")
        {
            return IPAddress.Loopback;
        }

        try
        {
            return (await Dns.GetHostAddressesAsync(host, cancellationToken))[0];
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            throw Invalid(text, option, $"The name {host} has no address: {failure.Message.TrimEnd('.')}.");
        }
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static OsmoException Invalid(string text, string option, string why) => new(
        ErrorCode.Invalid,
        $"\"{text}\" cannot be used for {option}. {why} Give a host and a port, such as 10.0.0.7:11111 or [fd00::7]:11111.");
}
