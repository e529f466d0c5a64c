using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access;
using Osmo.Grains.Silos;

namespace Osmo.Server.Status;

/// <summary>
/// The probes of Kubernetes: whether the process lives, and whether it can serve. A silo without its database is alive and not
/// ready: to kill it would not help.
/// </summary>
internal static class HealthRoutes
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void MapHealthRoutes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok"))
            .OpenToEverybody()
            .WithTags("Health")
            .WithSummary("Liveness: the process answers");
        routes.MapGet("/readyz", ReadyAsync)
            .OpenToEverybody()
            .WithTags("Health")
            .WithSummary("Readiness: ok, or 503 with what is missing")
            .WithDescription(
                "The store answers; the process takes part in its cluster and is not about to stop; somebody runs backends.");
    }

    /// <summary>What is missing for the process to serve; null if nothing is.</summary>
    public static async Task<string?> FindProblemAsync(
        IEnumerable<IReadiness> parts, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        foreach (var part in parts)
        {
            try
            {
                if (await part.FindProblemAsync(both.Token).WaitAsync(both.Token) is { } problem)
                {
                    return problem;
                }
            }
            catch (OsmoException failure)
            {
                return failure.Message;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return $"The store did not answer within {Patience.TotalSeconds} s.";
            }
        }

        return null;
    }

    private static async Task ReadyAsync(HttpContext context, IEnumerable<IReadiness> parts, TimeProvider time)
    {
        if (await FindProblemAsync(parts, time, context.RequestAborted) is { } problem)
        {
            throw new OsmoException(ErrorCode.Unavailable, problem);
        }

        await context.Response.WriteAsync("ok", context.RequestAborted);
    }
}
