using Osmo.Cluster.Routing;

namespace Osmo.Silo.Orleans.Routing;

/// <summary>The way into the Orleans cluster: the silo of this process, or a client of the silos of others.</summary>
internal interface IClusterClientSource
{
    /// <summary>The client.</summary>
    /// <exception cref="SiloUnreachableException">There is no connection to any silo yet.</exception>
    IClusterClient Client { get; }
}
