using System.Net.Sockets;
using System.Net.WebSockets;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire.Security;
using Osmo.Protocol;

namespace Osmo.Cluster.Wire;

/// <summary>Opens connections to silos, authenticated and ready for use.</summary>
internal sealed class SiloSocket(ClusterMember self, ClusterSecurity security, ClusterRoutingOptions options, TimeProvider time)
{
    /// <summary>Connects to an endpoint of a silo.</summary>
    /// <exception cref="SiloUnreachableException">Nobody answers, or who answers is not the right one.</exception>
    public async Task<OpenSocket> ConnectAsync(
        Uri silo, string path, string? query, TimeSpan keepAliveTimeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };
        var invoker = new HttpMessageInvoker(handler);
        var socket = new ClientWebSocket();
        FrameConnection? connection = null;
        try
        {
            security.Credentials.RequireSafe(silo);
            if (security.ClientOptions() is { } tls)
            {
                handler.SslOptions = tls;
            }

            socket.Options.AddSubProtocol(ClusterProtocol.SubProtocol);
            socket.Options.KeepAliveInterval = options.KeepAliveInterval;
            socket.Options.KeepAliveTimeout = keepAliveTimeout;
            var scheme = security.Credentials.UsesTls ? Uri.UriSchemeWss : Uri.UriSchemeWs;
            var address = new UriBuilder(silo) { Scheme = scheme, Path = path, Query = query ?? "" }.Uri;
            await socket.ConnectAsync(address, invoker, either.Token).ConfigureAwait(false);
            connection = new FrameConnection(socket);
            var agreement = await CallerHandshake.RunAsync(connection, path, self, security, either.Token).ConfigureAwait(false);
            return new OpenSocket(connection, socket, invoker, agreement);
        }
        catch (Exception failure)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            socket.Dispose();
            invoker.Dispose();
            throw failure switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                    new SiloUnreachableException($"It did not answer within {options.ConnectTimeout.TotalSeconds:0.#} s."),
                HandshakeException or WebSocketException or HttpRequestException or SocketException or IOException
                    or FrameProtocolException or Grains.Errors.OsmoException => new SiloUnreachableException(Tell(failure)),
                _ => failure,
            };
        }
    }

    /// <summary>The innermost failure says what was wrong; those around it say that something was.</summary>
    private static string Tell(Exception failure)
    {
        while (failure.InnerException is { } inner)
        {
            failure = inner;
        }

        return failure.Message;
    }
}

/// <summary>An authenticated connection to a silo.</summary>
/// <param name="Frames">Its frames.</param>
/// <param name="Socket">For how it was closed.</param>
/// <param name="Invoker">What the connection was made with, and ends with.</param>
/// <param name="Agreement">What the handshake agreed on.</param>
internal sealed record OpenSocket(FrameConnection Frames, ClientWebSocket Socket, HttpMessageInvoker Invoker, Agreement Agreement)
    : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Frames.DisposeAsync().ConfigureAwait(false);
        Invoker.Dispose();
    }
}
