using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Domain.Errors;
using Osmo.Domain.Pools;
using Osmo.Gateway.Fleet;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Pools;

/// <summary>Pools and the nodes in them, as OSMO's clients ask for them.</summary>
internal static class PoolRoutes
{
    private const int PoolsMax = 1_000;

    public static void MapPoolRoutes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/pool", ListPoolsAsync)
            .WithTags("Pools")
            .WithSummary("List pools")
            .WithDescription(
                "{\"pools\": {NAME: {...}}}: the configuration of each pool with its status, which is MAINTENANCE, or ONLINE or OFFLINE as "
                + "its backend is. Query: pools, repeated, for only some.");
        routes.MapGet("/api/pool_quota", ListQuotasAsync)
            .WithTags("Pools")
            .WithSummary("List pools with their GPUs")
            .WithDescription(
                "{\"node_sets\": [{\"pools\": [...]}], \"resource_sum\": {...}}: pools that share nodes stand in one set. Only available "
                + "nodes count. What workloads use is known of backends with OSMO's agents; of others nothing counts as used. Query: "
                + "pools, repeated, for only some.");
        routes.MapGet("/api/resources", ListResourcesAsync)
            .WithTags("Pools")
            .WithSummary("List the available nodes of pools")
            .WithDescription(
                "{\"resources\": [...]}. Query: pools and platforms, both repeated, for only some; without pools, or with all_pools=True, "
                + "the nodes of every backend, those in no pool included.");
        routes.MapGet("/api/resources/{node}", GetResourceAsync)
            .WithTags("Pools")
            .WithSummary("Read a node")
            .WithDescription("The same shape, with the node of that name in each backend that has one, available or not.");
    }

    private static async Task ListPoolsAsync(
        HttpContext context, PoolFleet fleet, IBackendStore backends, TimeProvider time, string[]? pools = null)
    {
        var configured = await fleet.ReadPoolsAsync(context.RequestAborted);
        var answer = new JsonObject();
        foreach (var (pool, view) in await ViewsAsync(Wanted(configured, pools), configured, backends, time, context.RequestAborted))
        {
            answer[pool.Name] = view;
        }

        await context.Response.WriteAsJsonAsync(new JsonObject { ["pools"] = answer }, context.RequestAborted);
    }

    private static async Task ListQuotasAsync(
        HttpContext context, PoolFleet fleet, IBackendStore backends, TimeProvider time, string[]? pools = null)
    {
        var configured = await fleet.ReadPoolsAsync(context.RequestAborted);
        var wanted = Wanted(configured, pools);
        var views = await ViewsAsync(wanted, configured, backends, time, context.RequestAborted);
        var nodes = await fleet.ListAvailableAsync(wanted.Select(pool => pool.Backend), wanted, context.RequestAborted);
        await context.Response.WriteAsJsonAsync(PoolQuotas.Write(views, nodes), context.RequestAborted);
    }

    private static async Task<Ok<ResourceList>> ListResourcesAsync(
        PoolFleet fleet,
        IBackendStore backends,
        CancellationToken cancellationToken,
        string[]? pools = null,
        string[]? platforms = null,
        string? all_pools = null)
    {
        var configured = await fleet.ReadPoolsAsync(cancellationToken);
        if (pools is null or [] || string.Equals(all_pools, "true", StringComparison.OrdinalIgnoreCase))
        {
            var every = (await backends.ListAsync(cancellationToken)).Select(record => record.Name.Value);
            return Answer(await fleet.ListAvailableAsync(every, configured.Pools, cancellationToken), platforms);
        }

        var wanted = configured.Named(pools);
        if (pools.FirstOrDefault(name => wanted.All(pool => pool.Name != name)) is { } unknown)
        {
            throw new OsmoException(ErrorCode.NotFound, $"Pool {unknown} not found.");
        }

        // All pools of the nodes are looked for, so that a node that another pool has too is seen to be shared.
        var nodes = await fleet.ListAvailableAsync(wanted.Select(pool => pool.Backend), configured.Pools, cancellationToken);
        return Answer(nodes.Where(node => node.Memberships.Any(membership => pools.Contains(membership.Pool.Name))), platforms);
    }

    private static async Task<Ok<ResourceList>> GetResourceAsync(
        string node, PoolFleet fleet, IBackendStore backends, CancellationToken cancellationToken)
    {
        var configured = await fleet.ReadPoolsAsync(cancellationToken);
        var found = await Questions.AskAsync(
            await backends.ListAsync(cancellationToken),
            record => fleet.FindAsync(record.Name, node, configured.Pools, cancellationToken));
        return found.Count > 0
            ? Answer(found, platforms: null)
            : throw new OsmoException(
                ErrorCode.NotFound, $"Resource {node} does not exist. List the nodes of a backend to see their names.");
    }

    private static ImmutableArray<Pool> Wanted(ConfiguredPools configured, string[]? names)
    {
        if (names is { Length: > PoolsMax })
        {
            throw OsmoException.InvalidFields([new FieldError("pools", $"names {names.Length} pools, at most {PoolsMax} are allowed.")]);
        }

        return names is null or [] ? configured.Pools : configured.Named(names);
    }

    private static Ok<ResourceList> Answer(IEnumerable<PooledNode> nodes, string[]? platforms) => TypedResults.Ok(new ResourceList(
    [
        .. nodes
            .Where(node => platforms is null or []
                || node.Memberships.Any(membership => platforms.Contains(membership.Platform.Name)))
            .Select(ResourceView.Of),
    ]));

    private static async Task<IReadOnlyList<(Pool Pool, JsonObject View)>> ViewsAsync(
        ImmutableArray<Pool> pools,
        ConfiguredPools configured,
        IBackendStore backends,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var online = (await backends.ListAsync(cancellationToken))
            .Where(record => record.IsOnline(now))
            .Select(record => record.Name.Value)
            .ToHashSet(StringComparer.Ordinal);
        return [.. pools.Select(pool => (pool, View(pool, configured, online)))];
    }

    private static JsonObject View(Pool pool, ConfiguredPools configured, HashSet<string> online)
    {
        var view = (JsonObject)configured.Documents[pool.Name]!.DeepClone();
        view["name"] = pool.Name;
        view["status"] = pool.Maintenance ? "MAINTENANCE" : online.Contains(pool.Backend) ? "ONLINE" : "OFFLINE";
        return view;
    }
}
