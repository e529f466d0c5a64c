namespace Osmo.Bench.Cluster;

/// <summary>Prepared requests for configurations.</summary>
internal static class ConfigRequests
{
    private static long _values;

    public static byte[] Read(Uri gateway, string backend) => GatewayConnection.Request(gateway, "GET", $"/api/configs/backend/{backend}");

    /// <summary>A change that no other is like: one that changes nothing would not be written.</summary>
    public static byte[] Write(Uri gateway, string backend) => GatewayConnection.Request(
        gateway,
        "POST",
        $"/api/configs/backend/{backend}",
        $$$"""{"configs":{"description":"number {{{Interlocked.Increment(ref _values)}}}"}}""");
}
