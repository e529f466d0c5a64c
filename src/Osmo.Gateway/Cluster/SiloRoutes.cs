using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Domain.Backends;
using Osmo.Gateway.Calls;
using Osmo.Grains.Silos;

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
                "Every member of the cluster that is not dead, with its state in the membership, whether it runs backends, and what it "
                + "carries: its version, its active backends and their nodes, and whether it drains. These are null if it did not say in "
                + "time.");
        routes.MapGet("/api/backends/{name}/placement", LocateAsync)
            .WithTags("Cluster")
            .WithSummary("Which silo serves a backend, and how long a call to it takes");
    }

    private static async Task<Ok<SiloList>> ListAsync(ISiloDirectory directory, CancellationToken cancellationToken) =>
        TypedResults.Ok(new SiloList([.. (await directory.ListAsync(cancellationToken)).Select(SiloItem.Of)]));

    private static async Task<Ok<Placement>> LocateAsync(
        string name, BackendCalls calls, TimeProvider time, CancellationToken cancellationToken)
    {
        var backend = BackendName.Parse(name);
        var start = time.GetTimestamp();
        var placement = await calls.PingAsync(backend, cancellationToken);
        return TypedResults.Ok(new Placement(
            backend.Value, placement.Silo, placement.Address, time.GetElapsedTime(start).TotalMilliseconds));
    }
}

/// <summary>The silos.</summary>
/// <param name="Silos">By name.</param>
internal sealed record SiloList(IReadOnlyList<SiloItem> Silos);

/// <summary>A silo.</summary>
/// <param name="Name">Its name: the pod's in Kubernetes.</param>
/// <param name="Address">Its address, as Orleans writes it; unique for every start.</param>
/// <param name="Status">Its state in the membership: <c>Joining</c>, <c>Active</c>, <c>ShuttingDown</c> or <c>Stopping</c>.</param>
/// <param name="HostsGrains">Whether it runs backends; a gateway does not.</param>
/// <param name="StartedAt">When it started (UTC).</param>
/// <param name="Version">The version of its build; null if it did not say in time, and so are the others below.</param>
/// <param name="Backends">How many backends are active on it.</param>
/// <param name="Nodes">How many nodes these have.</param>
/// <param name="Draining">Whether it is handing over its backends to end.</param>
internal sealed record SiloItem(
    string Name,
    string Address,
    string Status,
    bool HostsGrains,
    DateTimeOffset StartedAt,
    string? Version,
    int? Backends,
    long? Nodes,
    bool? Draining)
{
    public static SiloItem Of(SiloSummary silo) => new(
        silo.Name,
        silo.Address,
        silo.Status,
        silo.HostsGrains,
        silo.StartedAt,
        silo.Load?.Version,
        silo.Load?.Backends,
        silo.Load?.Nodes,
        silo.Load?.Draining);
}

/// <summary>Where a backend is.</summary>
/// <param name="Backend">The backend's name.</param>
/// <param name="Silo">The name of the silo that serves it.</param>
/// <param name="Address">The silo's address, as Orleans writes it.</param>
/// <param name="RoundTripMs">How long the way to the backend's grain and back took, in milliseconds.</param>
internal sealed record Placement(string Backend, string Silo, string Address, double RoundTripMs);
