using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Osmo.Integration.Tests.Cli.Support;

/// <summary>A request as it came to a <see cref="ScriptedGateway"/>.</summary>
internal sealed record GatewayRequest(string Method, string PathAndQuery, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The body as JSON.</summary>
    public JsonNode? Json => JsonNode.Parse(Body);
}

/// <summary>An HTTP server that answers by a script, for what the protocol promises and a gateway alone does not show.</summary>
internal sealed class ScriptedGateway : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<GatewayRequest> _requests = new();
    private readonly ConcurrentDictionary<string, Func<GatewayRequest, (int Status, string Body)>> _answers = new();
    private readonly Task _serving;

    public ScriptedGateway()
    {
        // Ports of the system's choice cannot be asked of this listener: one is looked for until it is free.
        for (var port = 0; port == 0;)
        {
            port = Random.Shared.Next(20_000, 30_000);
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                _listener.Start();
                Url = new Uri($"http://127.0.0.1:{port}");
            }
            catch (HttpListenerException)
            {
                port = 0;
            }
        }

        _serving = ServeAsync();
    }

    public Uri Url { get; private set; } = null!;

    /// <summary>Everything asked so far.</summary>
    public IReadOnlyList<GatewayRequest> Requests => [.. _requests];

    /// <summary>What was changed so far: everything but reads.</summary>
    public IReadOnlyList<GatewayRequest> Changes => [.. _requests.Where(request => request.Method != "GET")];

    /// <summary>Answers a request that starts like this, such as <c>GET /api/version</c>; the longest start wins.</summary>
    public ScriptedGateway On(string start, string body, int status = 200) => On(start, _ => (status, body));

    public ScriptedGateway On(string start, Func<GatewayRequest, (int Status, string Body)> answer)
    {
        _answers[start] = answer;
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException)
            {
                // Closed by the test, or the client went away.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var headers = context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!);
        var request = new GatewayRequest(
            context.Request.HttpMethod, context.Request.Url!.PathAndQuery, await reader.ReadToEndAsync(), headers);
        _requests.Enqueue(request);
        var asked = $"{request.Method} {request.PathAndQuery}";
        var script = _answers.Where(item => asked.StartsWith(item.Key, StringComparison.Ordinal))
            .OrderByDescending(item => item.Key.Length)
            .FirstOrDefault()
            .Value;
        var (status, body) = script?.Invoke(request) ?? (404, """{"detail":"Not Found"}""");
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: false);
    }
}
