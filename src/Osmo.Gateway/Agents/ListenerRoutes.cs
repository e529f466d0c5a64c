using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Backends;
using Osmo.Gateway.Access;
using Osmo.Gateway.Http;
using Osmo.Grains.Listeners;
using Osmo.Protocol;

namespace Osmo.Gateway.Agents;

/// <summary>
/// The endpoints of OSMO's own agents: the listener's five channels, the one of older listeners, and the worker's, with text frames.
/// </summary>
internal static class ListenerRoutes
{
    private static readonly (string Segment, ListenerChannel Channel)[] Channels =
    [
        ("control", ListenerChannel.Control),
        ("pod", ListenerChannel.Pod),
        ("node", ListenerChannel.Node),
        ("event", ListenerChannel.Event),
        ("heartbeat", ListenerChannel.Heartbeat),
        ("message", ListenerChannel.Message),
    ];

    public static void MapListenerRoutes(this IEndpointRouteBuilder routes)
    {
        foreach (var (segment, channel) in Channels)
        {
            Map(routes, $"/api/agent/listener/{segment}/backend/{{name}}", channel)
                .WithSummary($"Channel {segment} of OSMO's backend listener (WebSocket)");
        }

        // What OSMO's CLI writes into the role of one backend has a segment more than the worker's path has.
        Map(routes, "/api/agent/worker/backend/{name}", ListenerChannel.Worker)
            .AlsoAllowedBy("/api/agent/worker/worker/backend/{name}")
            .WithSummary("OSMO's backend worker (WebSocket)");
    }

    private static RouteHandlerBuilder Map(IEndpointRouteBuilder routes, string path, ListenerChannel channel) => routes
        .MapGet(
            path,
            (HttpContext context,
                string name,
                AgentConversations conversations,
                IHostApplicationLifetime lifetime,
                ILogger<GatewayOptions> logger) => CarryAsync(context, channel, BackendName.Parse(name), conversations, lifetime, logger))
        .AsWebSocket()
        .WithTags("Agents")
        .WithDescription(
            "Agents of OSMO connect here. Text frames of JSON, {type, body, uuid}. Closed with 4000 and the reason if the agent is "
            + "refused, and with 1012 if it should connect again because the backend moved.");

    private static async Task CarryAsync(
        HttpContext context,
        ListenerChannel channel,
        BackendName backend,
        AgentConversations conversations,
        IHostApplicationLifetime lifetime,
        ILogger logger)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await ProblemWriter.WriteAsync(
                context, StatusCodes.Status426UpgradeRequired, "UpgradeRequired", "This is a WebSocket endpoint of OSMO's agents.");
            return;
        }

        var frames = new FrameConnection(await context.WebSockets.AcceptWebSocketAsync(), WebSocketMessageType.Text);
        await using var connection = new AgentConnection(frames, AgentCloseCodes.OfListener, context.RequestAborted);
        var reason = await connection.CarryAsync(
            sink => conversations.BeginListener(backend, channel, sink), lifetime.ApplicationStopping);
        GatewayLog.ListenerEnded(logger, channel.ToString(), backend.Value, reason);
    }
}
