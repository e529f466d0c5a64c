using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Access.Auditing;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access.Routes;

/// <summary>The audit trail.</summary>
internal static class AuditRoutes
{
    private const int LimitMax = 1_000;

    public static void MapAuditRoutes(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/audit", ReadAsync)
            .WithTags("Access")
            .WithSummary("Who changed what, from where; the newest first")
            .WithDescription(
                "?limit= (100, at most 1000), ?before=NUMBER for the page before, ?username=. A change is in the trail when its answer "
                + "is sent, or a moment later.");

    private static async Task<Ok<AuditPage>> ReadAsync(
        IAuditTrail trail, CancellationToken cancellationToken, int limit = 100, long? before = null, string? username = null)
    {
        if (limit is < 1 or > LimitMax)
        {
            throw OsmoException.InvalidFields([new FieldError("limit", $"must be from 1 to {LimitMax}.")]);
        }

        var query = new AuditQuery { Limit = limit, Before = before, Username = username };
        var records = await trail.ReadAsync(query, cancellationToken);
        return TypedResults.Ok(new AuditPage([.. records.Select(record => new AuditItem(
            record.Number,
            record.Event.At,
            record.Event.Username,
            record.Event.Action,
            record.Event.Target,
            record.Event.Address,
            record.Event.RequestId))]));
    }
}

/// <summary>Events of the trail.</summary>
internal sealed record AuditPage(IReadOnlyList<AuditItem> Events);

/// <summary>An event.</summary>
internal sealed record AuditItem(
    long Number, DateTimeOffset At, string Username, string Action, string Target, string Address, string RequestId);
