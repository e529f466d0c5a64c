using System.Net;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;

namespace Osmo.Cli.Nodes;

/// <summary>Asks about backends in numbers, and about nodes.</summary>
internal sealed class FleetApi(GatewayClient client)
{
    private const int PageNodes = 5_000;

    public GatewayClient Client { get; } = client;

    /// <summary>Every backend in numbers, by name.</summary>
    public async Task<IReadOnlyList<JsonObject>> BackendsAsync(CancellationToken cancellationToken)
    {
        var answer = (await Client.GetAsync("api/backends", cancellationToken)).Object();
        return [.. (answer["backends"] as JsonArray ?? []).OfType<JsonObject>()];
    }

    /// <summary>A backend in numbers.</summary>
    /// <exception cref="CliError">There is none of that name; the message suggests one.</exception>
    public async Task<JsonObject> BackendAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await Client.GetAsync($"api/backends/{Uri.EscapeDataString(name)}", cancellationToken)).Object();
        }
        catch (Refusal refusal) when (refusal.Status == HttpStatusCode.NotFound)
        {
            var names = (await BackendsAsync(cancellationToken)).Select(NameOf);
            throw new CliError($"There is no backend \"{name}\"{Suggestion.For(name, names)} A backend appears when its agent first connects.");
        }
    }

    /// <summary>The nodes of a backend that a filter wants, by name.</summary>
    public async Task<IReadOnlyList<JsonObject>> NodesAsync(string backend, NodeFilter filter, CancellationToken cancellationToken)
    {
        var nodes = new List<JsonObject>();
        string? next = null;
        do
        {
            var page = next is null ? "" : $"&continue={Uri.EscapeDataString(next)}";
            var path = $"api/backends/{Uri.EscapeDataString(backend)}/nodes?limit={PageNodes}{filter.Query()}{page}";
            var answer = (await Client.GetAsync(path, cancellationToken)).Object();
            nodes.AddRange((answer["nodes"] as JsonArray ?? []).OfType<JsonObject>());
            next = (string?)answer["continue"];
        }
        while (next is not null);
        return nodes;
    }

    /// <summary>A node with the explanation of its verdict; null where there is none of that name.</summary>
    public async Task<JsonObject?> NodeAsync(string backend, string node, CancellationToken cancellationToken)
    {
        try
        {
            var path = $"api/backends/{Uri.EscapeDataString(backend)}/nodes/{Uri.EscapeDataString(node)}";
            return (await Client.GetAsync(path, cancellationToken)).Object();
        }
        catch (Refusal refusal) when (refusal.Status == HttpStatusCode.NotFound && !refusal.IsMissingRoute)
        {
            return null;
        }
    }

    public static string NameOf(JsonObject item) => (string?)item["name"] ?? "";
}
