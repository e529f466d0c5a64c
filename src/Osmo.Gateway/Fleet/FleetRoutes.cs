using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Gateway.Calls;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Fleet;

/// <summary>Questions about the fleet: backends in numbers, and their nodes with the reasons for each verdict.</summary>
internal static class FleetRoutes
{
    private const int ConditionCharsMax = 600;

    public static void MapFleetRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/backends").WithTags("Fleet");
        group.MapGet("", ListBackendsAsync)
            .WithSummary("Every backend in numbers")
            .WithDescription("Those that do not answer within the time of a call have null for what is not known, and error says why.");
        group.MapGet("/{name}", GetBackendAsync).WithSummary("A backend in numbers");
        group.MapGet("/{name}/nodes", ListNodesAsync)
            .WithSummary("List the nodes of a backend")
            .WithDescription(
                "By name. Filters: available=true|false; labelSelector as kubectl -l takes it (the verified label included); "
                + "condition=TYPE or condition=TYPE=STATUS. Paging: limit (1 to 5000, default 500) and continue.");
        group.MapGet("/{name}/nodes/{node}", ExplainNodeAsync).WithSummary("A node with the explanation of its verdict");
    }

    private static async Task<Ok<BackendSummaryList>> ListBackendsAsync(
        IBackendStore store, BackendCalls calls, BackendCallOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var records = await store.ListAsync(cancellationToken);

        // All of them together may take what one call may: if there is no silo at all, each would wait in vain for so long.
        using var patience = new CancellationTokenSource(options.CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var summaries = await Questions.AskAsync(records, record => SummarizeAsync(record, calls, either.Token));
        cancellationToken.ThrowIfCancellationRequested();
        return TypedResults.Ok(new BackendSummaryList(summaries));
    }

    private static async Task<BackendSummary?> SummarizeAsync(
        BackendRecord record, BackendCalls calls, CancellationToken cancellationToken)
    {
        try
        {
            return BackendSummary.Of(await calls.GetAsync(record.Name, cancellationToken));
        }
        catch (OsmoException failure) when (failure.Code == ErrorCode.NotFound)
        {
            // Deleted since the list was read.
            return null;
        }
        catch (OsmoException failure)
        {
            return BackendSummary.Unknown(record, failure.Message);
        }
        catch (OperationCanceledException)
        {
            return BackendSummary.Unknown(record, "Its grain did not answer in time. Look at GET /api/silos, and try again.");
        }
    }

    private static async Task<Ok<BackendSummary>> GetBackendAsync(string name, BackendCalls calls, CancellationToken cancellationToken) =>
        TypedResults.Ok(BackendSummary.Of(await calls.GetAsync(BackendName.Parse(name), cancellationToken)));

    private static async Task<Ok<NodeSummaryList>> ListNodesAsync(
        HttpContext context,
        string name,
        BackendCalls calls,
        string? available = null,
        string? labelSelector = null,
        string? condition = null,
        string? limit = null,
        string? @continue = null)
    {
        var query = new NodeQuery
        {
            Available = ParseAvailable(available),
            Labels = ParseSelector(labelSelector),
            Limit = ParseLimit(limit),
            After = ParseContinue(@continue),
        };
        if (!string.IsNullOrEmpty(condition))
        {
            query = WithCondition(query, condition);
        }

        var page = await calls.ListNodesAsync(BackendName.Parse(name), query, context.RequestAborted);
        var token = page.Continue is { } last ? Convert.ToBase64String(Encoding.UTF8.GetBytes(last)) : null;
        return TypedResults.Ok(new NodeSummaryList([.. page.Nodes.Select(NodeSummary.Of)], token));
    }

    private static async Task<Ok<NodeDetail>> ExplainNodeAsync(
        string name, string node, BackendCalls calls, CancellationToken cancellationToken)
    {
        var backend = BackendName.Parse(name);
        return TypedResults.Ok(NodeDetail.Of(backend, await calls.ExplainAsync(backend, node, cancellationToken)));
    }

    private static bool? ParseAvailable(string? text) => text?.ToLowerInvariant() switch
    {
        null or "" => null,
        "true" => true,
        "false" => false,
        _ => throw Invalid("available", "must be true or false."),
    };

    private static LabelSelector? ParseSelector(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return LabelSelector.TryParse(text, out var selector, out var error) ? selector : throw Invalid("labelSelector", error);
    }

    private static int ParseLimit(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return NodeQuery.LimitDefault;
        }

        return int.TryParse(text, out var limit) && limit is >= 1 and <= NodeQuery.LimitMax
            ? limit
            : throw Invalid("limit", $"must be a whole number from 1 to {NodeQuery.LimitMax}.");
    }

    private static string? ParseContinue(string? token)
    {
        if (string.IsNullOrEmpty(token))
        {
            return null;
        }

        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw Invalid("continue", "is no token of an earlier page. Start again without it.");
    }

    private static NodeQuery WithCondition(NodeQuery query, string condition)
    {
        if (condition.Length > ConditionCharsMax)
        {
            throw Invalid("condition", $"has {condition.Length} characters, at most {ConditionCharsMax} are allowed.");
        }

        var parts = condition.Split('=', 2);
        return query with { ConditionType = parts[0], ConditionStatus = parts.Length == 2 ? parts[1] : null };
    }

    private static OsmoException Invalid(string field, string message) => OsmoException.InvalidFields([new FieldError(field, message)]);
}
