using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Configs;
using Osmo.Configs.Editing;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Domain.Pools;
using Osmo.Gateway.Calls;
using Osmo.Gateway.Fleet;
using Osmo.Grains.Nodes;

namespace Osmo.Gateway.Pools;

/// <summary>A platform of a pool that a node is in.</summary>
internal readonly record struct Membership(Pool Pool, PoolPlatform Platform);

/// <summary>A node with the platforms of pools that it is in.</summary>
/// <param name="Backend">The name of its backend.</param>
/// <param name="Node">The node.</param>
/// <param name="Memberships">By pool and platform; empty where it is in none.</param>
internal sealed record PooledNode(string Backend, NodeSnapshot Node, ImmutableArray<Membership> Memberships);

/// <summary>The pools as they are configured.</summary>
/// <param name="Pools">By name.</param>
/// <param name="Documents">The configuration of each, by name.</param>
internal sealed record ConfiguredPools(ImmutableArray<Pool> Pools, JsonObject Documents)
{
    /// <summary>The pools of some names, in the order of all.</summary>
    public ImmutableArray<Pool> Named(IReadOnlyCollection<string> names) => [.. Pools.Where(pool => names.Contains(pool.Name))];
}

/// <summary>Puts the pools' configuration and the backends' nodes together.</summary>
internal sealed class PoolFleet(Configurations configurations, BackendCalls calls)
{
    private const int BackendsAtOnce = 16;

    /// <summary>The pools as they are configured now.</summary>
    public async Task<ConfiguredPools> ReadPoolsAsync(CancellationToken cancellationToken)
    {
        var pools = await configurations.ReadAsync(ConfigType.Pool, cancellationToken);
        var templates = await configurations.ReadAsync(ConfigType.PodTemplate, cancellationToken);
        var read = PoolReader.Read(JsonSerializer.SerializeToElement(pools.Entries), JsonSerializer.SerializeToElement(templates.Entries));
        return new ConfiguredPools(read, pools.Entries);
    }

    /// <summary>The available nodes of some backends.</summary>
    /// <param name="backends">Names of backends; one that is not registered has no nodes.</param>
    /// <param name="pools">The pools to look for nodes in.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OsmoException">A backend cannot be asked now.</exception>
    public async Task<IReadOnlyList<PooledNode>> ListAvailableAsync(
        IEnumerable<string> backends, ImmutableArray<Pool> pools, CancellationToken cancellationToken)
    {
        var lists = await Questions.AskAsync(
            backends.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            backend => ListAvailableAsync(backend, pools, cancellationToken),
            BackendsAtOnce);
        return [.. lists.SelectMany(list => list)];
    }

    /// <summary>A node of a backend, available or not; null where the backend or the node is unknown.</summary>
    public async Task<PooledNode?> FindAsync(
        BackendName backend, string node, ImmutableArray<Pool> pools, CancellationToken cancellationToken)
    {
        try
        {
            var explained = await calls.ExplainAsync(backend, node, cancellationToken);
            return Pooled(backend.Value, explained, PoolsOf(backend.Value, pools));
        }
        catch (OsmoException failure) when (failure.Code == ErrorCode.NotFound)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<PooledNode>?> ListAvailableAsync(
        string backend, ImmutableArray<Pool> pools, CancellationToken cancellationToken)
    {
        if (!BackendName.TryParse(backend, out var name))
        {
            return [];
        }

        var own = PoolsOf(backend, pools);
        var nodes = new List<PooledNode>();
        try
        {
            for (string? after = null; ;)
            {
                var query = new NodeQuery { Available = true, Limit = NodeQuery.LimitMax, After = after };
                var page = await calls.ListNodesAsync(name, query, cancellationToken);
                nodes.AddRange(page.Nodes.Select(node => Pooled(backend, node, own)));
                if (page.Continue is not { } last)
                {
                    return nodes;
                }

                after = last;
            }
        }
        catch (OsmoException failure) when (failure.Code == ErrorCode.NotFound)
        {
            // Pools may be configured before their backend registers.
            return [];
        }
    }

    private static ImmutableArray<Pool> PoolsOf(string backend, ImmutableArray<Pool> pools) =>
        [.. pools.Where(pool => pool.Backend == backend)];

    private static PooledNode Pooled(string backend, NodeExplanation explained, ImmutableArray<Pool> pools)
    {
        var memberships =
            from pool in pools
            from platform in pool.Platforms
            where platform.Admits(explained.Node, explained.Label.Key)
            select new Membership(pool, platform);
        return new PooledNode(backend, explained.Node, [.. memberships]);
    }
}
