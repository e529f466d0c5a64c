using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Osmo.Testing.Kubernetes;

/// <summary>A request as it came.</summary>
public sealed record ScriptedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>Whether it opens a watch.</summary>
    public bool IsWatch => Target.Contains("watch=true", StringComparison.Ordinal);

    /// <summary>A query parameter, unescaped; null when absent.</summary>
    public string? Query(string name)
    {
        string? pair = Target.Split('?', 2).ElementAtOrDefault(1)?.Split('&')
            .FirstOrDefault(part => part.StartsWith(name + "=", StringComparison.Ordinal));
        return pair is null ? null : Uri.UnescapeDataString(pair[(name.Length + 1)..]);
    }
}

/// <summary>
/// An HTTP/1.1 server on a raw socket that answers from scripts, byte by byte if need be: lists and watches each have a queue of
/// answers, of which the last is given again and again.
/// </summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly ConcurrentQueue<ScriptedRequest> _requests = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Func<ScriptedExchange, Task>>> _scripts = new();
    private readonly Task _accepting;

    /// <summary>Starts listening on loopback.</summary>
    public ScriptedServer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The server's address.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Everything asked so far.</summary>
    public IReadOnlyList<ScriptedRequest> Requests => [.. _requests];

    /// <summary>The watches asked for so far.</summary>
    public IReadOnlyList<ScriptedRequest> Watches => [.. _requests.Where(request => request.IsWatch)];

    /// <summary>The questions for its version so far.</summary>
    public IReadOnlyList<ScriptedRequest> Versions => [.. _requests.Where(request => Kind(request) == "version")];

    /// <summary>The lists asked for so far.</summary>
    public IReadOnlyList<ScriptedRequest> Lists => [.. _requests.Where(request => Kind(request) == "list")];

    /// <summary>Answers the next list of nodes.</summary>
    public ScriptedServer OnList(Func<ScriptedExchange, Task> answer) => On("list", answer);

    /// <summary>Answers the next list of nodes with a body.</summary>
    public ScriptedServer OnList(string body) => OnList(exchange => exchange.AnswerAsync(200, body));

    /// <summary>
    /// Answers the next question for its version, a list of a single node; where it is not scripted, it is one that nobody is behind.
    /// </summary>
    public ScriptedServer OnVersion(Func<ScriptedExchange, Task> answer) => On("version", answer);

    /// <summary>Answers the next watch of nodes.</summary>
    public ScriptedServer OnWatch(Func<ScriptedExchange, Task> answer) => On("watch", answer);

    /// <summary>Answers the next watch with these bytes and leaves it open.</summary>
    public ScriptedServer OnWatchHeldOpen(params string[] lines) => OnWatch(async exchange =>
    {
        await exchange.StreamAsync(lines).ConfigureAwait(false);
        await exchange.HoldAsync().ConfigureAwait(false);
    });

    /// <summary>Answers the next watch with these bytes and ends it in good order.</summary>
    public ScriptedServer OnWatchEnded(params string[] lines) => OnWatch(async exchange =>
    {
        await exchange.StreamAsync(lines).ConfigureAwait(false);
        await exchange.EndAsync().ConfigureAwait(false);
    });

    /// <summary>Answers any other request.</summary>
    public ScriptedServer OnOther(Func<ScriptedExchange, Task> answer) => On("other", answer);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        foreach (TcpClient client in _clients)
        {
            client.Dispose();
        }

        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
    }

    private ScriptedServer On(string kind, Func<ScriptedExchange, Task> answer)
    {
        _scripts.GetOrAdd(kind, _ => new()).Enqueue(answer);
        return this;
    }

    private static string Kind(ScriptedRequest request) =>
        request.Method == "GET" && request.Target.Split('?')[0] == "/api/v1/nodes"
            ? (request.IsWatch ? "watch" : request.Query("limit") == "1" ? "version" : "list")
            : "other";

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false);
                _clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server is being stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using BufferedStream stream = new(client.GetStream());
            while (await ReadRequestAsync(stream).ConfigureAwait(false) is { } request)
            {
                _requests.Enqueue(request);
                ScriptedExchange exchange = new(request, client, _stop.Token);
                await Next(Kind(request))(exchange).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client, or the script, ended the connection.
        }
        finally
        {
            client.Dispose();
        }
    }

    private Func<ScriptedExchange, Task> Next(string kind)
    {
        if (kind == "version" && !_scripts.ContainsKey(kind))
        {
            return exchange => exchange.AnswerAsync(200, NodeJson.List(int.MaxValue));
        }

        if (!_scripts.TryGetValue(kind, out ConcurrentQueue<Func<ScriptedExchange, Task>>? script))
        {
            return exchange => exchange.AnswerAsync(501, "not scripted", "text/plain");
        }

        return script.Count > 1 && script.TryDequeue(out Func<ScriptedExchange, Task>? answer)
            ? answer
            : script.TryPeek(out Func<ScriptedExchange, Task>? last) ? last : throw new InvalidOperationException("an empty script");
    }

    private async Task<ScriptedRequest?> ReadRequestAsync(Stream stream)
    {
        string head = "";
        byte[] one = new byte[1];
        StringBuilder text = new();
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token).ConfigureAwait(false) == 0)
            {
                return null;
            }

            text.Append((char)one[0]);
            head = one[0] == '\n' ? text.ToString() : head;
        }

        string[] lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        int bodyBytes = int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture);
        byte[] body = new byte[bodyBytes];
        await stream.ReadExactlyAsync(body, _stop.Token).ConfigureAwait(false);
        string[] start = lines[0].Split(' ');
        return new ScriptedRequest(start[0], start[1], headers, Encoding.UTF8.GetString(body));
    }
}
