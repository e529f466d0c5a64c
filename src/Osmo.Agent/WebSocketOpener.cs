using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Opens WebSockets to the service, and says in words why one cannot be opened.</summary>
internal sealed class WebSocketOpener(AgentOptions options, TimeProvider time)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(5);

    /// <param name="address">Where to.</param>
    /// <param name="configure">Sets headers, sub-protocol and pings.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="ChannelException">There is no connection; the message says why.</exception>
    public async Task<ClientWebSocket> OpenAsync(Uri address, Action<ClientWebSocketOptions> configure, CancellationToken cancellation)
    {
        ClientWebSocket socket = new();
        try
        {
            socket.Options.CollectHttpResponseDetails = true;
            socket.Options.Proxy = Proxy();
            if (options.HostCaFile is { } path)
            {
                X509Certificate2Collection authorities = HostAuthorities.Read(path);
                socket.Options.RemoteCertificateValidationCallback =
                    (_, certificate, chain, errors) => ServerTrust.IsTrusted(certificate, chain, errors, authorities);
            }

            configure(socket.Options);
            using CancellationTokenSource limit = new(ConnectTimeout, time);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            await socket.ConnectAsync(address, both.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e)
        {
            ChannelException? failure = e is WebSocketException ? Explain(address, socket, e) : null;
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            if (e is OperationCanceledException)
            {
                throw new ChannelException(
                    $"{address} did not answer within {ConnectTimeout.TotalSeconds:F0} s. Check --host and firewalls.");
            }

            if (failure is not null)
            {
                throw failure;
            }

            throw;
        }
    }

    /// <summary>The pause that a Retry-After header asks for, five minutes at most; zero where it names no seconds.</summary>
    public static TimeSpan RetryAfter(string? header)
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

    /// <summary>Whether a status refuses the request as it is; too many and too late are none of its own.</summary>
    public static bool IsRefusal(HttpStatusCode status) => (int)status is >= 400 and < 500
        && status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);

    /// <summary>What is at the bottom of an exception.</summary>
    public static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message;

    private static EnvironmentProxy Proxy()
    {
        try
        {
            return new EnvironmentProxy();
        }
        catch (KubernetesConfigurationException e)
        {
            throw new ChannelException(e.Message);
        }
    }

    private ChannelException Explain(Uri address, ClientWebSocket socket, Exception e)
    {
        string what = socket.HttpStatusCode switch
        {
            0 => $"{address} cannot be reached: {Innermost(e).TrimEnd('.')}. Check --host, and that the gateway is up.",
            HttpStatusCode.Unauthorized =>
                $"{address} answered 401: the token is missing, wrong or expired. Check OSMO_LOGIN_TOKEN or --token-file.",
            HttpStatusCode.Forbidden => $"{address} answered 403: the token may not report for backend {options.Backend}.",
            HttpStatusCode.NotFound => $"{address} answered 404. Is --host the address of an Osmo gateway, and --protocol the right one?",
            HttpStatusCode status => $"{address} answered {(int)status} instead of opening a WebSocket.",
        };
        return new ChannelException(what) { RetryAfter = RetryAfter(socket), IsRefusal = IsRefusal(socket.HttpStatusCode) };
    }

    private static TimeSpan RetryAfter(ClientWebSocket socket) =>
        socket.HttpResponseHeaders?.TryGetValue("Retry-After", out IEnumerable<string>? values) == true
            ? RetryAfter(values.FirstOrDefault())
            : TimeSpan.Zero;
}
