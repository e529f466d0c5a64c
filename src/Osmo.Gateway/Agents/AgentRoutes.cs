using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Backends;
using Osmo.Gateway.Access;
using Osmo.Gateway.Http;
using Osmo.Protocol;

namespace Osmo.Gateway.Agents;

/// <summary>The agent channel: the WebSocket of our own agents.</summary>
internal static class AgentRoutes
{
    public static void MapAgentRoutes(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"{AgentChannel.Path}/{{name}}", CarryAsync)
            .AsWebSocket()
            .AlsoAllowedBy("/api/agent/listener/channel/backend/{name}")
            .WithTags("Agents")
            .WithSummary("The agent channel (WebSocket)")
            .WithDescription("Agents connect here. Binary frames of protobuf messages; sub-protocol " + AgentChannel.SubProtocol + ".");

    private static async Task CarryAsync(
        HttpContext context,
        string name,
        AgentConversations conversations,
        IHostApplicationLifetime lifetime,
        ILogger<GatewayOptions> logger)
    {
        var backend = BackendName.Parse(name);
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(AgentChannel.SubProtocol))
        {
            await ProblemWriter.WriteAsync(
                context,
                StatusCodes.Status426UpgradeRequired,
                "UpgradeRequired",
                $"This is the agents' WebSocket endpoint; connect with sub-protocol {AgentChannel.SubProtocol}.");
            return;
        }

        var socket = await context.WebSockets.AcceptWebSocketAsync(AgentChannel.SubProtocol);
        await using var connection = new AgentConnection(new FrameConnection(socket), AgentCloseCodes.OfChannel, context.RequestAborted);
        var reason = await connection.CarryAsync(sink => conversations.BeginChannel(backend, sink), lifetime.ApplicationStopping);
        GatewayLog.AgentEnded(logger, backend.Value, reason);
    }
}
