using System.Text.Json.Nodes;

namespace Osmo.Testing.Serving;

/// <summary>An event of the stream as it came.</summary>
public sealed record StreamEvent(string? Id, string Name, JsonNode Data)
{
    /// <summary>The field <c>name</c> of the data.</summary>
    public string? Subject => (string?)Data["name"];
}

/// <summary>A reader of the server's stream of fleet events, which remembers them all.</summary>
public sealed class EventStream : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<StreamEvent> _events = [];
    private readonly HttpResponseMessage _answer;
    private readonly Task _reading;

    private EventStream(HttpResponseMessage answer, StreamReader reader)
    {
        _answer = answer;
        _reading = Task.Run(() => ReadAsync(reader));
    }

    /// <summary>Every event so far, in the order of their arrival.</summary>
    public IReadOnlyList<StreamEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>The server ended the stream, in good order or not.</summary>
    public bool Ended => _reading.IsCompleted;

    /// <summary>Opens the stream and waits until the server says that it watches: what happens from then on has to come.</summary>
    public static async Task<EventStream> OpenAsync(HttpClient http, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/watch{query}");
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var first = await reader.ReadLineAsync();
        return first?.StartsWith(':') == true
            ? new EventStream(answer, reader)
            : throw new InvalidDataException($"The stream starts with \"{first}\" and not with a comment.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _answer.Dispose();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        string? id = null, name = null, data = null;
        try
        {
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    id = line[4..];
                }
                else if (line.StartsWith("event: ", StringComparison.Ordinal))
                {
                    name = line[7..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    data = line[6..];
                }
                else if (line.Length == 0 && data is not null)
                {
                    lock (_gate)
                    {
                        _events.Add(new StreamEvent(id, name ?? "message", JsonNode.Parse(data)!));
                    }

                    name = data = null;
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Closed by this end or broken by the other.
        }
    }
}
