using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Wire;

namespace Osmo.Cluster.Routing;

/// <summary>The links of this process to silos, one for each address that was ever called and is not forgotten.</summary>
internal sealed class SiloConnections(
    SiloSocket sockets, ClusterRoutingOptions options, TimeProvider time, ILogger<SiloConnections> logger) : IAsyncDisposable
{
    /// <summary>
    /// How many links may be there before those without a connection are forgotten: silos get new addresses as they restart.
    /// </summary>
    private const int LinksKept = 64;

    private readonly ConcurrentDictionary<Uri, SiloLink> _links = [];

    public SiloSocket Sockets => sockets;

    /// <summary>The link to a silo's address. Costs nothing but memory; the connection is made by the first call.</summary>
    public SiloLink To(Uri address)
    {
        if (_links.TryGetValue(address, out var known))
        {
            return known;
        }

        if (_links.Count >= LinksKept)
        {
            foreach (var (stale, link) in _links)
            {
                if (!link.IsOpen)
                {
                    _links.TryRemove(new(stale, link));
                }
            }
        }

        return _links.GetOrAdd(address, static (key, me) => me.Make(key), this);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links.Values)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }
    }

    private SiloLink Make(Uri address) => new(address, sockets, options, time, logger);
}
