using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Osmo.Gateway.Http;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Protocol;

namespace Osmo.Gateway.Agents;

/// <summary>The agent channel: carries frames between an agent's WebSocket and the owner of its backend, without reading them.</summary>
internal static class AgentRoutes
{
    public static void MapAgentRoutes(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"{AgentChannel.Path}/{{name}}", CarryAsync)
            .WithTags("Agents")
            .WithSummary("The agent channel (WebSocket)")
            .WithDescription("Agents connect here. Binary frames of protobuf messages; sub-protocol " + AgentChannel.SubProtocol + ".");

    private static async Task CarryAsync(HttpContext context, string name, IGrainEngine engine, ILogger<GatewayOptions> logger)
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
        await using var connection = new FrameConnection(socket);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var sink = new SocketSink(connection, ending);
        await using (var conduit = engine.ConnectAgent(backend, sink))
        {
            await PumpAsync(connection, conduit, sink, ending.Token);
        }

        GatewayLog.AgentEnded(logger, backend.Value, sink.Reason);
        await connection.CloseAsync(WebSocketCloseStatus.NormalClosure, sink.Reason, CancellationToken.None);
    }

    private static async Task PumpAsync(FrameConnection connection, IAgentConduit conduit, SocketSink sink, CancellationToken cancellationToken)
    {
        try
        {
            while (await connection.ReceiveAsync(cancellationToken) is { } frame)
            {
                await conduit.ReceiveAsync(frame, cancellationToken);
            }

            sink.Reason = "the agent closed the connection";
        }
        catch (OperationCanceledException)
        {
            // The sink was completed, and says why.
        }
        catch (WebSocketException)
        {
            sink.Reason = "the connection broke";
        }
        catch (FrameProtocolException failure)
        {
            sink.Reason = failure.Message;
        }
    }

    private sealed class SocketSink(FrameConnection connection, CancellationTokenSource ending) : IAgentFrameSink
    {
        public string Reason { get; set; } = "the gateway is stopping";

        public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
        {
            try
            {
                await connection.SendAsync(frame, cancellationToken);
            }
            catch (WebSocketException failure)
            {
                throw new IOException("The agent's connection broke.", failure);
            }
        }

        public void Complete(string reason)
        {
            Reason = reason;
            ending.Cancel();
        }
    }
}
