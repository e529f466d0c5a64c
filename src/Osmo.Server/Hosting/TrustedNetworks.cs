using System.Net;
using Osmo.Domain.Errors;

namespace Osmo.Server.Hosting;

/// <summary>Reads the networks of trusted proxies.</summary>
internal static class TrustedNetworks
{
    /// <param name="texts">Networks, or single addresses; in each text there may be several, with commas between.</param>
    /// <exception cref="OsmoException">One of them is neither.</exception>
    public static IReadOnlyList<IPNetwork> Parse(IEnumerable<string> texts) =>
    [
        .. texts.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(Read),
    ];

    private static IPNetwork Read(string text)
    {
        if (IPNetwork.TryParse(text, out var network))
        {
            return network;
        }

        return IPAddress.TryParse(text, out var address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : throw new OsmoException(
                ErrorCode.Invalid,
                $"\"{text}\" among the trusted proxies is neither a network such as 10.0.0.0/8 nor an address.");
    }
}
