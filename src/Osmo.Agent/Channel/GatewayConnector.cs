using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Osmo.Kubernetes;
using Osmo.Protocol;

namespace Osmo.Agent;

/// <summary>Opens WebSockets to the gateway.</summary>
internal sealed class GatewayConnector(AgentOptions options, TimeProvider time)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    // A dead peer shows within these two together.
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(5);

    /// <summary>Where the channel is.</summary>
    public Uri Address { get; } = AddressOf(options);

    /// <exception cref="ChannelException">There is no connection; the message says why.</exception>
    public async Task<ClientWebSocket> ConnectAsync(CancellationToken cancellation)
    {
        string? token = await GatewayToken.ReadAsync(options, cancellation).ConfigureAwait(false);
        ClientWebSocket socket = new();
        try
        {
            Configure(socket.Options, token);
            using CancellationTokenSource limit = new(ConnectTimeout, time);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            await socket.ConnectAsync(Address, both.Token).ConfigureAwait(false);
            return socket.SubProtocol == AgentChannel.SubProtocol
                ? socket
                : throw new ChannelException(
                    $"{Address} does not speak {AgentChannel.SubProtocol}. Check --host, and the gateway's version.");
        }
        catch (Exception e)
        {
            ChannelException? failure = e is WebSocketException ? Explain(socket, e) : null;
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            if (e is OperationCanceledException)
            {
                throw new ChannelException(
                    $"{Address} did not answer within {ConnectTimeout.TotalSeconds:F0} s. Check --host and firewalls.");
            }

            if (failure is not null)
            {
                throw failure;
            }

            throw;
        }
    }

    private void Configure(ClientWebSocketOptions socket, string? token)
    {
        socket.AddSubProtocol(AgentChannel.SubProtocol);
        socket.KeepAliveInterval = PingInterval;
        socket.KeepAliveTimeout = PingTimeout;
        socket.CollectHttpResponseDetails = true;
        if (token is not null)
        {
            socket.SetRequestHeader("Authorization", $"Bearer {token}");
        }

        if (options.HostCaFile is { } path)
        {
            X509Certificate2Collection authorities = ReadAuthorities(path);
            socket.RemoteCertificateValidationCallback =
                (_, certificate, chain, errors) => ServerTrust.IsTrusted(certificate, chain, errors, authorities);
        }
    }

    private ChannelException Explain(ClientWebSocket socket, Exception e)
    {
        string what = socket.HttpStatusCode switch
        {
            0 => $"{Address} cannot be reached: {Innermost(e).TrimEnd('.')}. Check --host, and that the gateway is up.",
            HttpStatusCode.Unauthorized =>
                $"{Address} answered 401: the token is missing, wrong or expired. Check OSMO_LOGIN_TOKEN or --token-file.",
            HttpStatusCode.Forbidden => $"{Address} answered 403: the token may not report for backend {options.Backend}.",
            HttpStatusCode.NotFound => $"{Address} answered 404. Is --host the address of an Osmo gateway?",
            HttpStatusCode status => $"{Address} answered {(int)status} instead of opening a WebSocket.",
        };
        return new ChannelException(what) { RetryAfter = RetryAfter(socket) };
    }

    private static TimeSpan RetryAfter(ClientWebSocket socket) =>
        socket.HttpResponseHeaders?.TryGetValue("Retry-After", out IEnumerable<string>? values) == true
            ? RetryAfter(values.FirstOrDefault())
            : TimeSpan.Zero;

    /// <summary>The pause that a Retry-After header asks for, five minutes at most; zero where it names no seconds.</summary>
    internal static TimeSpan RetryAfter(string? header)
    {
        if (string.IsNullOrWhiteSpace(header) || !header.Trim().All(char.IsAsciiDigit))
        {
            return TimeSpan.Zero;
        }

        // Digits that are no number are too many.
        return int.TryParse(header, CultureInfo.InvariantCulture, out int seconds) && seconds < RetryAfterMax.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : RetryAfterMax;
    }

    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message;

    private static X509Certificate2Collection ReadAuthorities(string path)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ChannelException($"The certificates in --host-ca-file {path} cannot be read: {e.Message}");
        }

        return authorities.Count > 0 ? authorities : throw new ChannelException($"--host-ca-file {path} holds no PEM certificate.");
    }

    private static Uri AddressOf(AgentOptions options)
    {
        UriBuilder address = new(options.Host)
        {
            Scheme = options.Host.Scheme is "https" or "wss" ? "wss" : "ws",
            Port = options.Host.Port,
            Path = $"{options.Host.AbsolutePath.TrimEnd('/')}{AgentChannel.Path}/{options.Backend}",
        };
        return address.Uri;
    }
}
