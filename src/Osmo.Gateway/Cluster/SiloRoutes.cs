using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;

namespace Osmo.Gateway.Cluster;

/// <summary>Questions about the cluster itself: which silos there are, and which of them serves a backend.</summary>
internal static class SiloRoutes
{
    public static void MapSiloRoutes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/silos", ListAsync)
            .WithTags("Cluster")
            .WithSummary("List the silos")
            .WithDescription(
                "Every silo with its version, the shards that it owns, its active backends and their nodes, how long its lease still runs "
                + "(negative: it has expired), and whether it drains. A server with an embedded database is a silo without a lease.");
        routes.MapGet("/api/backends/{name}/placement", LocateAsync)
            .WithTags("Cluster")
            .WithSummary("Which silo serves a backend, and how long a call through its mailbox takes");
    }

    private static async Task<Ok<SiloList>> ListAsync(ISiloDirectory directory, CancellationToken cancellationToken) =>
        TypedResults.Ok(new SiloList([.. (await directory.ListAsync(cancellationToken)).Select(SiloItem.Of)]));

    private static async Task<Ok<Placement>> LocateAsync(
        string name, IGrainEngine engine, TimeProvider time, CancellationToken cancellationToken)
    {
        var backend = BackendName.Parse(name);
        var start = time.GetTimestamp();
        var placement = await engine.GetBackend(backend).PingAsync(cancellationToken);
        return TypedResults.Ok(new Placement(
            backend.Value, placement.Silo, placement.Shard, placement.Epoch, time.GetElapsedTime(start).TotalMilliseconds));
    }
}

/// <summary>The silos.</summary>
/// <param name="Silos">By id.</param>
internal sealed record SiloList(IReadOnlyList<SiloItem> Silos);

/// <summary>A silo.</summary>
/// <param name="Id">Its id: the pod's name in Kubernetes.</param>
/// <param name="Incarnation">Unique for every start; null where there is no cluster.</param>
/// <param name="Address">Where other processes reach it; null where none can.</param>
/// <param name="Version">The version of its build.</param>
/// <param name="StartedAt">When it joined (UTC).</param>
/// <param name="LeaseLeftSeconds">How long its lease still runs, in seconds; negative: it has expired; null: it needs none.</param>
/// <param name="Draining">Whether it is handing over its shards to end.</param>
/// <param name="Shards">How many of the 256 shards it owns.</param>
/// <param name="Backends">How many backends are active on it.</param>
/// <param name="Nodes">How many nodes these have.</param>
internal sealed record SiloItem(
    string Id,
    long? Incarnation,
    string? Address,
    string Version,
    DateTimeOffset StartedAt,
    double? LeaseLeftSeconds,
    bool Draining,
    int Shards,
    int Backends,
    long Nodes)
{
    public static SiloItem Of(SiloSummary silo) => new(
        silo.Id,
        silo.Incarnation,
        silo.Address?.ToString(),
        silo.Version,
        silo.StartedAt,
        silo.LeaseLeft is { } left ? Math.Round(left.TotalSeconds, 3) : null,
        silo.Draining,
        silo.Shards,
        silo.Backends,
        silo.Nodes);
}

/// <summary>Where a backend is.</summary>
/// <param name="Backend">The backend's name.</param>
/// <param name="Silo">The id of the silo that serves it.</param>
/// <param name="Shard">Its shard.</param>
/// <param name="Epoch">The epoch under which the silo owns the shard; null where one process owns everything.</param>
/// <param name="RoundTripMs">How long the way through the backend's mailbox and back took, in milliseconds.</param>
internal sealed record Placement(string Backend, string Silo, int Shard, long? Epoch, double RoundTripMs);
