using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Authentication;
using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>What an agent asks of the service over HTTP: a log-in for each connection, and its own configuration once.</summary>
internal sealed class ListenerLogin : IDisposable
{
    /// <summary>
    /// What this agent appears as. By it a service tells which form of the conditions it understands; it understands both, and from
    /// this version on they are pairs of patterns, which can say all that lists can.
    /// </summary>
    public const string Version = "6.4.0";

    public const string UserAgent = $"osmo-operator/{Version}";

    private const string ExchangePath = "/api/auth/jwt/access_token";
    private const int AnswerBytesMax = 4 * 1024 * 1024;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly AgentOptions _options;
    private readonly TimeProvider _time;
    private readonly string _base;
    private readonly HttpClient _http;
    private volatile bool _isPosting;

    public ListenerLogin(AgentOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        string scheme = options.Host.Scheme is "https" or "wss" ? "https" : "http";
        _base = $"{scheme}://{options.Host.Authority}{options.Host.AbsolutePath.TrimEnd('/')}";
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = AnswerTimeout,
            Proxy = new EnvironmentProxy(),
        };
        if (options.HostCaFile is { } path)
        {
            handler.SslOptions.RemoteCertificateValidationCallback =
                (_, certificate, chain, errors) => ServerTrust.IsTrusted(certificate, chain, errors, HostAuthorities.Read(path));
        }

        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = AnswerBytesMax };
    }

    /// <summary>The headers that say who connects, of a fresh log-in; none where the agent was given nothing to log in with.</summary>
    /// <exception cref="ChannelException">There is no log-in; the message says why.</exception>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> LogInAsync(CancellationToken cancellation)
    {
        if (_options.Listener.User is { } user)
        {
            return [new("x-osmo-user", user)];
        }

        if (await GatewayToken.ReadAsync(_options, cancellation).ConfigureAwait(false) is not { } token)
        {
            return [];
        }

        string session = await ExchangeAsync(token, cancellation).ConfigureAwait(false);
        return [new("x-osmo-auth", session), new("Authorization", $"Bearer {session}")];
    }

    /// <summary>Reads the backend's own configuration.</summary>
    /// <returns>
    /// The conditions in it; the default for a backend that the service does not know; otherwise null, with what is wrong.
    /// </returns>
    /// <exception cref="ChannelException">The service cannot be reached, or lets nobody in.</exception>
    public async Task<(NodeConditionRules? Rules, string? Problem)> ReadConditionsAsync(CancellationToken cancellation)
    {
        string path = $"/api/configs/backend/{_options.Backend}";
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_base + path));
        foreach ((string name, string value) in await LogInAsync(cancellation).ConfigureAwait(false))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await SendAsync(request, path, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return (NodeConditionRules.Default, null);
        }

        if (!response.IsSuccessStatusCode)
        {
            return (null, $"{path} answered {(int)response.StatusCode}");
        }

        try
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(body);
            string? problem = ConditionsReader.ReadConfiguration(document.RootElement, out NodeConditionRules rules);
            return problem is null ? (rules, null) : (null, $"{path}: {problem}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, $"{path} answered with no JSON");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Exchanges the access token for one that the service takes at the door: by GET as services up to 6.1 want it, by POST as later
    /// ones do.
    /// </summary>
    private async Task<string> ExchangeAsync(string token, CancellationToken cancellation)
    {
        if (!_isPosting)
        {
            string query = $"?access_token={Uri.EscapeDataString(token)}";
            using HttpRequestMessage get = new(HttpMethod.Get, new Uri(_base + ExchangePath + query));
            using HttpResponseMessage answer = await SendAsync(get, ExchangePath, cancellation).ConfigureAwait(false);
            if (answer.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Gone))
            {
                return await ReadSessionAsync(answer, cancellation).ConfigureAwait(false);
            }
        }

        using HttpRequestMessage post = new(HttpMethod.Post, new Uri(_base + ExchangePath))
        {
            Content = JsonContent.Create(new Dictionary<string, string> { ["token"] = token }),
        };
        using HttpResponseMessage posted = await SendAsync(post, ExchangePath, cancellation).ConfigureAwait(false);
        string session = await ReadSessionAsync(posted, cancellation).ConfigureAwait(false);
        _isPosting = true;
        return session;
    }

    private static async Task<string> ReadSessionAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (!answer.IsSuccessStatusCode)
        {
            // What the service says beside the status may repeat the token.
            throw new ChannelException(
                $"The log-in was refused: {ExchangePath} answered {(int)answer.StatusCode}. Check OSMO_LOGIN_TOKEN or --token-file, and "
                + "whether the token has expired.")
            {
                RetryAfter = WebSocketOpener.RetryAfter(answer.Headers.TryGetValues("Retry-After", out var values) ? values.First() : null),
                IsRefusal = WebSocketOpener.IsRefusal(answer.StatusCode),
            };
        }

        try
        {
            byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("token", out JsonElement token)
                && token.ValueKind == JsonValueKind.String
                && token.GetString() is { } session
                && GatewayToken.IsUsable(session))
            {
                return session;
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new ChannelException(
            $"The log-in failed: {ExchangePath} answered without a token. Is --host the address of an OSMO service?");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string path, CancellationToken cancellation)
    {
        request.Headers.UserAgent.Add(ProductInfoHeaderValue.Parse(UserAgent));
        using CancellationTokenSource limit = new(AnswerTimeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ChannelException(
                $"{_base}{path} did not answer within {AnswerTimeout.TotalSeconds:F0} s. Check --host and firewalls.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or AuthenticationException)
        {
            throw new ChannelException(
                $"{_base}{path} cannot be reached: {WebSocketOpener.Innermost(e).TrimEnd('.')}. Check --host, and that the service is up.");
        }
    }
}
