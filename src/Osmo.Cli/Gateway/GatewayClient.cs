using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Gateway;

/// <summary>Asks a gateway; its refusals become messages for the user.</summary>
internal sealed class GatewayClient : IDisposable
{
    private const string KeyHeader = "Idempotency-Key";
    private const string JsonType = "application/json";

    // How often a gateway that says "try again" is tried again, and the longest pause that it may ask for.
    private const int TriesMax = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly ICredential? _credential;
    private readonly TimeProvider _time;

    public GatewayClient(Uri server, ICredential? credential, HttpMessageHandler handler, TimeProvider time)
    {
        _credential = credential;
        _time = time;

        // The last slash decides whether a path of the address, behind a proxy for example, stays.
        var root = new Uri(server.AbsoluteUri.EndsWith('/') ? server.AbsoluteUri : $"{server.AbsoluteUri}/");
        _http = new HttpClient(handler) { BaseAddress = root, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("osmo", ClientVersion.Short));
    }

    public Uri Server => _http.BaseAddress!;

    /// <summary>Reads a document.</summary>
    /// <param name="path">Relative, without a slash in front.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CliError">The gateway cannot be reached, refuses, or answers with no JSON.</exception>
    public Task<GatewayAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <summary>Makes a change, once, however often it has to be sent.</summary>
    /// <param name="method">POST, PUT, PATCH or DELETE.</param>
    /// <param name="path">Relative, without a slash in front.</param>
    /// <param name="body">The JSON body; null for none.</param>
    /// <param name="ifMatch">The entity tag that the change was made for; null where any will do.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<GatewayAnswer> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? ifMatch, CancellationToken cancellationToken)
    {
        var key = method == HttpMethod.Get ? null : Guid.NewGuid().ToString();
        var text = body?.ToJsonString();
        var renewed = false;
        for (var tries = 1; ; tries++)
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            request.Content = text is null ? null : new StringContent(text, Encoding.UTF8, JsonType);
            Add(request, KeyHeader, key);
            Add(request, "If-Match", ifMatch);
            using var answer = await AskAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
            var said = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return new GatewayAnswer(said, answer.Headers.ETag?.ToString(), $"{_http.BaseAddress}{path.Split('?')[0]}");
            }

            if (answer.StatusCode == HttpStatusCode.Unauthorized && !renewed && _credential is not null)
            {
                // The clock of this machine may be behind: what it takes for valid may have ended.
                renewed = true;
                if (await _credential.RenewAsync(_http, cancellationToken))
                {
                    continue;
                }
            }

            if (tries == TriesMax || PauseOf(answer) is not { } pause)
            {
                throw Refused(request, answer.StatusCode, said);
            }

            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    /// <summary>Opens a stream of server-sent events.</summary>
    public async Task<Stream> OpenStreamAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        var answer = await AskAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return answer.IsSuccessStatusCode
            ? await answer.Content.ReadAsStreamAsync(cancellationToken)
            : throw Refused(request, answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>What went wrong with a connection, and what to look at.</summary>
    public static CliError Unreachable(Uri server, HttpRequestException failure)
    {
        var advice = failure.InnerException is AuthenticationException
            ? "If its certificate is of your own authority, name that one's file with --ca-file; if it is said to be not valid yet or "
                + "expired, look at this machine's clock too."
            : $"Is it running? Name another one with --server or {GatewayOptions.ServerVariable}.";
        var cause = (failure.InnerException as AuthenticationException)?.Message ?? failure.Message;
        return new CliError($"The gateway at {server} cannot be reached: {cause.TrimEnd('.')}. {advice}", ExitCode.Unreachable);
    }

    private async Task<HttpResponseMessage> AskAsync(
        HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            if (_credential is not null)
            {
                await _credential.ApplyAsync(request, _http, limit.Token);
            }

            return await _http.SendAsync(request, completion, limit.Token);
        }
        catch (HttpRequestException failure)
        {
            throw Unreachable(Server, failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliError($"The gateway at {Server} did not answer within {Patience.TotalSeconds} s.", ExitCode.Unreachable);
        }
    }

    private CliError Refused(HttpRequestMessage request, HttpStatusCode status, string said)
    {
        var refusal = Refusal.Of(status, said);
        return refusal.IsMissingRoute
            ? new CliError(
                $"{Server} has no {request.Method} {new Uri(Server, request.RequestUri!).AbsolutePath}: "
                + "it is another version, or no Osmo gateway.")
            : refusal;
    }

    private static void Add(HttpRequestMessage request, string header, string? value)
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }
    }

    /// <summary>How long to wait before another try; null where the gateway did not ask for one.</summary>
    private static TimeSpan? PauseOf(HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter?.Delta is { } delta
            ? delta < PauseMax ? delta : PauseMax
            : null;
}
