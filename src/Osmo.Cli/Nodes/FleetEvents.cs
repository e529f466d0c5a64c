using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Nodes;

/// <summary>Something that happened in the fleet.</summary>
/// <param name="Kind"><c>node</c>, <c>node-deleted</c>, <c>backend</c>, <c>backend-deleted</c>, or <c>resync</c>: read everything anew.</param>
/// <param name="Data">What the gateway tells of it.</param>
internal sealed record FleetEvent(string Kind, JsonObject Data);

/// <summary>Follows the gateway's stream of events, and goes on where it was when the connection breaks.</summary>
internal static class FleetEvents
{
    public const string Resync = "resync";

    private static readonly TimeSpan ReconnectPause = TimeSpan.FromSeconds(1);

    /// <param name="client">The gateway.</param>
    /// <param name="backend">The only backend to follow; null for all.</param>
    /// <param name="terminal">Whose clock paces new connections.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<FleetEvent> FollowAsync(
        GatewayClient client, string? backend, CliTerminal terminal, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        var first = true;
        while (true)
        {
            var stream = await OpenAsync(client, backend, after, first, cancellationToken);
            if (stream is not null)
            {
                // Whoever reads lists after this is told of everything from then on.
                if (first)
                {
                    yield return new FleetEvent(Resync, []);
                }

                first = false;
                using var reader = new StreamReader(stream);
                await foreach (var (id, happened) in ReadAsync(reader, cancellationToken))
                {
                    after = id ?? after;
                    if (happened is not null)
                    {
                        yield return happened;
                    }
                }
            }

            await Task.Delay(ReconnectPause, terminal.Time, cancellationToken);
        }
    }

    private static async Task<Stream?> OpenAsync(
        GatewayClient client, string? backend, string? after, bool first, CancellationToken cancellationToken)
    {
        var query = (backend is null ? "" : $"backend={Uri.EscapeDataString(backend)}&")
            + (after is null ? "" : $"after={Uri.EscapeDataString(after)}");
        try
        {
            return await client.OpenStreamAsync($"api/watch?{query}", cancellationToken);
        }
        catch (CliError error) when (!first && error.ExitCode == ExitCode.Unreachable)
        {
            return null;
        }
    }

    private static async IAsyncEnumerable<(string? Id, FleetEvent? Event)> ReadAsync(
        StreamReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? id = null, kind = null, data = null;
        while (await ReadLineAsync(reader, cancellationToken) is { } line)
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            switch (colon > 0 ? line[..colon] : line)
            {
                case "id":
                    id = line[(colon + 2)..];
                    break;
                case "event":
                    kind = line[(colon + 2)..];
                    break;
                case "data":
                    data = line[(colon + 2)..];
                    break;
                case "":
                    yield return (id, kind is not null && data is not null && Parse(data) is { } fields ? new FleetEvent(kind, fields) : null);
                    (kind, data) = (null, null);
                    break;
            }
        }
    }

    private static async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            return null;
        }
    }

    private static JsonObject? Parse(string data)
    {
        try
        {
            return JsonNode.Parse(data) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
