using System.Net;
using System.Net.Sockets;

namespace Osmo.Testing.Cluster;

/// <summary>Ports that nobody listens on: a process that is started again has to be found where it was.</summary>
internal static class FreePorts
{
    /// <summary>A URL on the loopback interface with a port that was free a moment ago.</summary>
    public static Uri NextUrl()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
    }
}
