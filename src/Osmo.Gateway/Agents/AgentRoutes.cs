using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Gateway.Access;
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
            .AsWebSocket()
            .AlsoAllowedBy("/api/agent/listener/channel/backend/{name}")
            .WithTags("Agents")
            .WithSummary("The agent channel (WebSocket)")
            .WithDescription("Agents connect here. Binary frames of protobuf messages; sub-protocol " + AgentChannel.SubProtocol + ".");

    private static async Task CarryAsync(
        HttpContext context, string name, IGrainEngine engine, IHostApplicationLifetime lifetime, ILogger<GatewayOptions> logger)
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
        await using (lifetime.ApplicationStopping.Register(() => sink.Complete("the gateway is stopping")))
        {
            await PumpAsync(connection, conduit, sink, ending.Token);
        }

        GatewayLog.AgentEnded(logger, backend.Value, sink.Reason ?? "the agent closed the connection");
    }

    private static async Task PumpAsync(
        FrameConnection connection, IAgentConduit conduit, SocketSink sink, CancellationToken cancellationToken)
    {
        try
        {
            while (await connection.ReceiveAsync(cancellationToken) is { } frame)
            {
                await conduit.ReceiveAsync(frame, cancellationToken);
            }

            sink.Complete("the agent closed the connection");
        }
        catch (OperationCanceledException)
        {
            sink.Complete("the agent did not answer the closing handshake");
        }
        catch (WebSocketException)
        {
            sink.Complete("the connection broke");
        }
        catch (FrameProtocolException failure)
        {
            sink.Complete(failure.Message);
        }
    }

    private sealed class SocketSink(FrameConnection connection, CancellationTokenSource ending) : IAgentFrameSink
    {
        private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(3);

        private string? _reason;

        public string? Reason => _reason;

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

        /// <summary>
        /// Says goodbye and goes on reading until the agent does too, for a while: cutting the connection at once could take the
        /// refusal, which is still on its way, with it.
        /// </summary>
        public void Complete(string reason)
        {
            if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
            {
                ending.CancelAfter(ClosingTime);
                _ = connection.CloseAsync(WebSocketCloseStatus.NormalClosure, reason, CancellationToken.None).AsTask();
            }
        }

        public void Move(string reason) => Complete(reason);
    }
}
