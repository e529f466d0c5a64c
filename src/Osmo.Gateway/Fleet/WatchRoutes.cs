using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Osmo.Domain.Backends;
using Osmo.Gateway.Access;
using Osmo.Gateway.Http;
using Osmo.Grains.Events;

namespace Osmo.Gateway.Fleet;

/// <summary>The stream of fleet events as server-sent events.</summary>
internal static class WatchRoutes
{
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);

    public static void MapWatchRoutes(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/watch", WatchAsync)
            .StaysOpen()
            .WithTags("Fleet")
            .WithSummary("Follow the fleet (server-sent events)")
            .WithDescription(
                "Events: node (a node came or changed), node-deleted, backend, backend-deleted, and resync: events were lost, "
                + "read everything anew. Every event has an id; send the last one as Last-Event-ID, or as ?after=, to resume. "
                + "?backend=NAME follows one backend.");

    private static async Task WatchAsync(
        HttpContext context,
        IFleetWatch watch,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        string? backend = null,
        string? after = null)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.RequestAborted = ending.Token;
        BackendName? only = string.IsNullOrEmpty(backend) ? null : BackendName.Parse(backend);
        var lastId = context.Request.Headers["Last-Event-ID"].ToString();

        // Before the first line goes out: who has read that one is told of everything from then on.
        await using var follower = new Follower(watch.FollowAsync(lastId.Length > 0 ? lastId : after, ending.Token), ending);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await context.Response.WriteAsync(": watching\n\n", ending.Token);
        await context.Response.Body.FlushAsync(ending.Token);
        await CopyAsync(context, follower, only, time);
    }

    private static async Task CopyAsync(HttpContext context, Follower follower, BackendName? only, TimeProvider time)
    {
        var lastWrite = time.GetTimestamp();
        string? seen = null;
        while (true)
        {
            var quiet = time.GetElapsedTime(lastWrite);
            if (quiet >= KeepAliveInterval || !await HappensAsync(follower, KeepAliveInterval - quiet, time, context.RequestAborted))
            {
                // With the id of what was seen and not wanted: a watcher of a quiet backend resumes from here, and not from where
                // its last event lies, which may be forgotten by then.
                await context.Response.WriteAsync(seen is null ? ": still here\n\n" : $"id: {seen}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                lastWrite = time.GetTimestamp();
                continue;
            }

            if (!await follower.Next)
            {
                return;
            }

            var item = follower.Current;
            seen = item.Id;
            if (only is null || item.Event is null || item.Event.Backend == only)
            {
                var (name, data) = Describe(item.Event);
                await context.Response.WriteAsync($"id: {item.Id}\nevent: {name}\ndata: {data}\n\n", context.RequestAborted);
                lastWrite = time.GetTimestamp();
            }

            follower.Advance();
            if (!follower.Next.IsCompleted)
            {
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
    }

    private static async Task<bool> HappensAsync(Follower follower, TimeSpan within, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await follower.Next.WaitAsync(within, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static (string Name, string Data) Describe(FleetEvent? happened) => happened switch
    {
        null => ("resync", "{}"),
        { Kind: FleetEventKind.NodeDeleted } => (
            "node-deleted", Data(new { backend = happened.Backend.Value, name = happened.Node!.Name })),
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

    private static string Data<T>(T value) => JsonSerializer.Serialize(value, GatewayJson.Options);

    /// <summary>Always waits for the next event, and ends in good order: an enumerator at work must not be disposed.</summary>
    private sealed class Follower : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<FleetWatchItem> _items;
        private readonly CancellationTokenSource _ending;

        public Follower(IAsyncEnumerable<FleetWatchItem> items, CancellationTokenSource ending)
        {
            _ending = ending;
            _items = items.GetAsyncEnumerator(ending.Token);
            Advance();
        }

        public Task<bool> Next { get; private set; }

        public FleetWatchItem Current => _items.Current;

        [MemberNotNull(nameof(Next))]
        public void Advance() => Next = _items.MoveNextAsync().AsTask();

        public async ValueTask DisposeAsync()
        {
            await _ending.CancelAsync();
            await ((Task)Next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _items.DisposeAsync();
        }
    }
}
