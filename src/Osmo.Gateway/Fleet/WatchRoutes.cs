using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;

namespace Osmo.Gateway.Fleet;

/// <summary>The stream of fleet events as server-sent events.</summary>
internal static class WatchRoutes
{
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void MapWatchRoutes(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/watch", WatchAsync)
            .WithTags("Fleet")
            .WithSummary("Follow the fleet (server-sent events)")
            .WithDescription(
                "Events: node (a node came or changed), node-deleted, backend, backend-deleted, and resync: events were lost, read everything "
                + "anew. Every event has an id; send the last one as Last-Event-ID, or as ?after=, to resume. ?backend=NAME follows one backend.");

    private static async Task WatchAsync(
        HttpContext context,
        IGrainEngine engine,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        string? backend = null,
        string? after = null)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.RequestAborted = ending.Token;
        BackendName? only = string.IsNullOrEmpty(backend) ? null : BackendName.Parse(backend);
        var lastId = context.Request.Headers["Last-Event-ID"].ToString();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await context.Response.WriteAsync(": watching\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);

        var items = engine.Watch.FollowAsync(lastId.Length > 0 ? lastId : after, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        try
        {
            await CopyAsync(context, items, only, time);
        }
        finally
        {
            await items.DisposeAsync();
        }
    }

    private static async Task CopyAsync(HttpContext context, IAsyncEnumerator<FleetWatchItem> items, BackendName? only, TimeProvider time)
    {
        var next = items.MoveNextAsync().AsTask();
        while (true)
        {
            try
            {
                if (!await next.WaitAsync(KeepAliveInterval, time, context.RequestAborted))
                {
                    return;
                }
            }
            catch (TimeoutException)
            {
                await context.Response.WriteAsync(": still here\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                continue;
            }

            var item = items.Current;
            if (only is null || item.Event is null || item.Event.Backend == only)
            {
                var (name, data) = Describe(item.Event);
                await context.Response.WriteAsync($"id: {item.Id}\nevent: {name}\ndata: {data}\n\n", context.RequestAborted);
            }

            next = items.MoveNextAsync().AsTask();
            if (!next.IsCompleted)
            {
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
    }

    private static (string Name, string Data) Describe(FleetEvent? happened) => happened switch
    {
        null => ("resync", "{}"),
        { Kind: FleetEventKind.NodeDeleted } => ("node-deleted", Data(new { backend = happened.Backend.Value, name = happened.Node!.Name })),
        { Node: { } node } => ("node", Data(new
        {
            backend = happened.Backend.Value,
            name = node.Name,
            available = node.Available,
            available_since = node.AvailableSince,
            unschedulable = node.Unschedulable,
            verified_label = node.VerifiedLabel,
            conditions = node.Conditions.ToPairs().Select(pair => new { type = pair.Type, status = pair.Status }),
        })),
        { Kind: FleetEventKind.BackendDeleted } => ("backend-deleted", Data(new { name = happened.Backend.Value })),
        _ => ("backend", Data(new
        {
            name = happened.Backend.Value,
            revision = happened.View?.Record?.Revision,
            agent_connected = happened.View?.AgentSynced is not null,
            agent_synced = happened.View?.AgentSynced ?? false,
            label_updates = happened.View?.Record?.LabelUpdates,
        })),
    };

    private static string Data<T>(T value) => JsonSerializer.Serialize(value, Json);
}
