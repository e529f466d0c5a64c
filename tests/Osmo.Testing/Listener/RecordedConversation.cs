using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Listener;

/// <summary>
/// Plays what real agents sent, byte by byte, connection by connection, in recorded order, and waits for the recorded answers: the same
/// types and bodies in the same order on each connection. The server's own uuids may be anything.
/// </summary>
/// <param name="server">The server to be held against the recording.</param>
public sealed class RecordedConversation(RunningServer server) : IAsyncDisposable
{
    private readonly Dictionary<int, ListenerSocket> _open = [];
    private readonly Dictionary<string, string> _init = [];
    private readonly HashSet<int> _refused = [];

    /// <summary>Frames sent so far.</summary>
    public int Sent { get; private set; }

    /// <summary>Answers that were the recorded ones.</summary>
    public int Answered { get; private set; }

    /// <summary>
    /// The cluster that this server refuses with a reason, on every channel, where the recorded one broke off without one and sent the
    /// conditions first.
    /// </summary>
    public string? Stranger { get; init; }

    /// <summary>How the sockets of the stranger were closed.</summary>
    public List<(string Path, int? Code, string? Reason)> Refusals { get; } = [];

    /// <summary>Plays a recording; the connections that it leaves open go on in the next one.</summary>
    /// <param name="file">Its name among the samples.</param>
    /// <exception cref="InvalidDataException">An answer was another one.</exception>
    public async Task PlayAsync(string file)
    {
        foreach (var entry in RecordedEntry.Of(file))
        {
            try
            {
                await PlayAsync(entry);
            }
            catch (Exception failure) when (failure is not InvalidDataException)
            {
                throw new InvalidDataException($"{file}, {entry}: {failure.Message}", failure);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _open.Values)
        {
            await socket.DisposeAsync();
        }
    }

    private async Task PlayAsync(RecordedEntry entry)
    {
        switch (entry.Kind)
        {
            case "http":
                await AskAsync(entry);
                break;
            case "ws-open":
                _open[entry.Connection] = await ConnectAsync(entry);
                break;
            case "ws-close":
                await CloseAsync(entry);
                break;
            case "ws" when entry.IsFromClient:
                await SendAsync(entry);
                break;
            case "ws" or "ws-held" when !_refused.Contains(entry.Connection):
                await ExpectAsync(entry);
                break;
        }
    }

    private async Task<ListenerSocket> ConnectAsync(RecordedEntry entry)
    {
        var user = entry.Line["headers"]?.AsArray().First(header => (string?)header![0] == "x-osmo-user")![1];
        return await ListenerSocket.ConnectAsync(server.Url, entry.Path, ("x-osmo-user", (string?)user ?? "agent"));
    }

    private async Task SendAsync(RecordedEntry entry)
    {
        var socket = await SocketAsync(entry);
        var bytes = Encoding.UTF8.GetBytes(entry.Text);
        Sent++;
        var frame = JsonNode.Parse(entry.Text)!;
        if (_refused.Contains(entry.Connection))
        {
            await socket.TrySendAsync(bytes);
            return;
        }

        await socket.SendAsync(bytes, WebSocketMessageType.Text);
        if ((string?)frame["type"] != "init")
        {
            return;
        }

        if (Stranger is not null && (string?)frame["body"]!["k8s_uid"] == Stranger)
        {
            _refused.Add(entry.Connection);
        }
        else
        {
            _init[entry.Path] = entry.Text;
        }
    }

    /// <summary>The socket of an entry; one that was opened before the recording began says first who it is.</summary>
    private async Task<ListenerSocket> SocketAsync(RecordedEntry entry)
    {
        if (!_open.TryGetValue(entry.Connection, out var socket))
        {
            _open[entry.Connection] = socket = await ConnectAsync(entry);
            await socket.SendAsync(_init[entry.Path]);
        }

        return socket;
    }

    private async Task ExpectAsync(RecordedEntry entry)
    {
        var socket = await SocketAsync(entry);
        var text = await socket.NextAsync() ?? throw new InvalidDataException($"{entry}: the connection ended: {socket.CloseReason}");
        var found = JsonNode.Parse(text)!.AsObject();
        var expected = JsonNode.Parse(entry.Text)!.AsObject();
        if (found.ContainsKey("uuid") && !Guid.TryParseExact((string?)found["uuid"], "n", out _))
        {
            throw new InvalidDataException($"{entry}: an odd uuid: {text}");
        }

        found.Remove("uuid");
        expected.Remove("uuid");
        if (!JsonNode.DeepEquals(found, expected))
        {
            throw new InvalidDataException($"{entry}: the answer is {text}");
        }

        Answered++;
    }

    private async Task CloseAsync(RecordedEntry entry)
    {
        if (!_open.Remove(entry.Connection, out var socket))
        {
            return;
        }

        if (_refused.Contains(entry.Connection))
        {
            var (code, reason) = await socket.ClosedAsync();
            Refusals.Add((entry.Path, code, reason));
        }
        else
        {
            // Whatever ended the recorded one, its service had read all of it.
            await socket.CloseAsync();
        }

        await socket.DisposeAsync();
    }

    private async Task AskAsync(RecordedEntry entry)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod((string)entry.Line["method"]!), $"{entry.Path}?{(string)entry.Line["query"]!}");
        if (entry.IsPost)
        {
            request.Content = new StringContent(entry.Line["body"]!.ToJsonString(), Encoding.UTF8, "application/json");
        }

        foreach (var header in entry.Line["headers"]!.AsArray())
        {
            if ((string)header![0]! is "x-osmo-user" or "User-Agent" or "Accept-Encoding")
            {
                request.Headers.TryAddWithoutValidation((string)header[0]!, (string)header[1]!);
            }
        }

        using var answer = await server.Http.SendAsync(request);
        if ((int)answer.StatusCode != (int)entry.Line["status"]!)
        {
            throw new InvalidDataException($"{entry}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
