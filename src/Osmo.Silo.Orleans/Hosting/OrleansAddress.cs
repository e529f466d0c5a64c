using System.Globalization;
using System.Net;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>The address of an Orleans silo as the cluster's tables have it: <c>orleans://10.0.0.7:8081/123456789</c>.</summary>
internal static class OrleansAddress
{
    /// <summary>What such an address begins with.</summary>
    public const string Scheme = "orleans";

    public static Uri Write(SiloAddress silo) => new($"{Scheme}://{silo.Endpoint}/{silo.Generation}");

    /// <exception cref="IOException">It is the address of a silo of another engine.</exception>
    public static SiloAddress Read(Uri address) =>
        address.Scheme == Scheme
            && IPAddress.TryParse(address.Host.Trim('[', ']'), out var host)
            && int.TryParse(address.AbsolutePath.AsSpan(1), CultureInfo.InvariantCulture, out var generation)
            ? SiloAddress.New(host, address.Port, generation)
            : throw new IOException($"{address} is not the address of an Orleans silo.");
}
