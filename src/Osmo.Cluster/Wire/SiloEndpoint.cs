using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire.Security;
using Osmo.Grains.Backends;
using Osmo.Protocol;

namespace Osmo.Cluster.Wire;

/// <summary>
/// What a silo offers to the other processes of its cluster: calls, agents' frames and events, each on WebSockets of their own that all
/// begin with the same handshake. Strangers cost little: few handshakes at a time, each short and small.
/// </summary>
internal sealed class SiloEndpoint(
    ClusterMember self,
    ClusterSecurity security,
    LocalGrains local,
    ClusterRoutingOptions options,
    ServingTime serving,
    TimeProvider time,
    ILogger<SiloEndpoint> logger,
    IShardAdmission? admission = null)
{
    /// <summary>Most handshakes at a time; more are turned away.</summary>
    public const int HandshakesMax = 256;

    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(3);

    private int _handshakes;

    public async Task AcceptAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (security.Objection(context) is { } objection)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, path, objection).ConfigureAwait(false);
            return;
        }

        if (Service(context) is not { } serve)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, path, "There is nothing here.").ConfigureAwait(false);
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest
            || !context.WebSockets.WebSocketRequestedProtocols.Contains(ClusterProtocol.SubProtocol))
        {
            await RefuseAsync(
                context,
                StatusCodes.Status426UpgradeRequired,
                path,
                $"Connect with a WebSocket and sub-protocol {ClusterProtocol.SubProtocol}.").ConfigureAwait(false);
            return;
        }

        if (Interlocked.Increment(ref _handshakes) > HandshakesMax)
        {
            Interlocked.Decrement(ref _handshakes);
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, path, "Too many connect at once. Try again.")
                .ConfigureAwait(false);
            return;
        }

        await ServeAsync(context, path, serve).ConfigureAwait(false);
    }

    private async Task ServeAsync(HttpContext context, string path, Func<FrameConnection, CancellationToken, Task<ServiceEnd>> serve)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, serving.Ended);
        FrameConnection? connection = null;
        var sender = "";
        ServiceEnd end;
        try
        {
            try
            {
                connection = new FrameConnection(await AcceptSocketAsync(context, path).ConfigureAwait(false));
                using var limit = new CancellationTokenSource(HandshakeTime, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ending.Token);
                var hello = await SiloHandshake.RunAsync(connection, path, self, security, either.Token).ConfigureAwait(false);
                sender = hello.Sender;
                ClusterLog.CallerConnected(logger, hello.Role.ToString(), sender, path);
            }
            finally
            {
                Interlocked.Decrement(ref _handshakes);
            }

            end = await serve(connection, ending.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            end = new ServiceEnd(ConnectionEnd.Tell(failure), WebSocketCloseStatus.PolicyViolation);
        }

        if (sender.Length == 0)
        {
            ClusterLog.CallerRefused(logger, context.Connection.RemoteIpAddress?.ToString(), path, end.Reason);
        }
        else
        {
            ClusterLog.CallerLeft(logger, sender, path, end.Reason);
        }

        if (connection is not null)
        {
            await CloseAsync(connection, end).ConfigureAwait(false);
        }
    }

    private Func<FrameConnection, CancellationToken, Task<ServiceEnd>>? Service(HttpContext context)
    {
        var path = context.Request.Path;
        if (path == ClusterProtocol.CallsPath)
        {
            return ServeCallsAsync;
        }

        if (path == ClusterProtocol.EventsPath)
        {
            return new EventServer(local.Engine.Watch).RunAsync;
        }

        return path.StartsWithSegments(ClusterProtocol.AgentsPath, out var rest)
            && BackendName.TryParse(rest.Value?.TrimStart('/'), out var backend)
            && AgentJoin.TryRead(context.Request.Query, out var join)
            ? new AgentServer(local, admission, backend, join).RunAsync
            : null;
    }

    private async Task<ServiceEnd> ServeCallsAsync(FrameConnection connection, CancellationToken cancellationToken)
    {
        var server = new CallServer(connection, local.Engine, admission, time, logger);
        var reason = await server.RunAsync(cancellationToken).ConfigureAwait(false);
        return new ServiceEnd(reason, WebSocketCloseStatus.EndpointUnavailable);
    }

    private Task<WebSocket> AcceptSocketAsync(HttpContext context, string path) => context.WebSockets.AcceptWebSocketAsync(
        new WebSocketAcceptContext
        {
            SubProtocol = ClusterProtocol.SubProtocol,
            KeepAliveInterval = options.KeepAliveInterval,
            KeepAliveTimeout = path.StartsWith(ClusterProtocol.AgentsPath, StringComparison.Ordinal)
                ? options.AgentKeepAliveTimeout
                : options.KeepAliveTimeout,
        });

    private async Task CloseAsync(FrameConnection connection, ServiceEnd end)
    {
        await using (connection.ConfigureAwait(false))
        {
            using var limit = new CancellationTokenSource(ClosingTime, time);
            try
            {
                // Going on reading until the other end does too: cutting the connection could take what was sent last with it.
                await connection.CloseAsync(end.Status, end.Reason, limit.Token).ConfigureAwait(false);
                while (await connection.ReceiveAsync(limit.Token).ConfigureAwait(false) is not null)
                {
                }
            }
            catch (Exception failure) when (
                failure is WebSocketException or OperationCanceledException or FrameProtocolException or IOException)
            {
                connection.Abort();
            }
        }
    }

    private async Task RefuseAsync(HttpContext context, int status, string path, string reason)
    {
        ClusterLog.CallerRefused(logger, context.Connection.RemoteIpAddress?.ToString(), path, reason);
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(reason, context.RequestAborted).ConfigureAwait(false);
    }
}

/// <summary>How a service ended.</summary>
/// <param name="Reason">Why, for logs and for the other end.</param>
/// <param name="Status">What the other end is told.</param>
internal readonly record struct ServiceEnd(string Reason, WebSocketCloseStatus Status);
