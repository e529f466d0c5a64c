using Osmo.Silo.Orleans.Routing;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>The silo of this process as the way into the cluster.</summary>
internal sealed class SiloClientSource(IClusterClient client) : IClusterClientSource
{
    public IClusterClient Client => client;
}
