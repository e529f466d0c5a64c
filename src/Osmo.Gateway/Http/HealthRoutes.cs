using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Http;

/// <summary>Probes: whether the process lives, and whether it can serve.</summary>
internal static class HealthRoutes
{
    public static void MapHealthRoutes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok"))
            .WithTags("Health")
            .WithSummary("Liveness: the process answers");
        routes.MapGet("/readyz", ReadyAsync)
            .WithTags("Health")
            .WithSummary("Readiness: the store answers; 503 where it does not");
    }

    private static async Task ReadyAsync(HttpContext context, IBackendStore store)
    {
        await store.CheckAsync(context.RequestAborted);
        await context.Response.WriteAsync("ok", context.RequestAborted);
    }
}
