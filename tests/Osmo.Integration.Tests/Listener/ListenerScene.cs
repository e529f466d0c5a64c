using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Listener;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>A server in development mode, for agents that speak the listener protocol.</summary>
public abstract class ListenerScene : IAsyncLifetime
{
    protected const string Backend = "isaac";

    protected RunningServer Server { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync();

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Server.DisposeAsync();
    }

    protected PythonAgentOptions Options(string backend = Backend, string version = "1.0.0") =>
        new() { Host = Server.Url, Backend = backend, Version = version };

    protected Task<PythonAgent> JoinAsync(params IEnumerable<PythonNode> nodes) => PythonAgent.JoinAsync(Options(), nodes);

    protected static IEnumerable<PythonNode> ReadyNodes(int count) =>
        Enumerable.Range(1, count).Select(number => PythonNode.Ready($"node-{number}"));

    /// <summary>A socket of the backend's agent that has said who it is.</summary>
    protected async Task<ListenerSocket> NodeChannelAsync(string backend = Backend)
    {
        var socket = await ListenerSocket.JoinAsync(Server.Url, "node", backend);
        await socket.AcknowledgedAsync(ListenerFrames.Logging("ready"));
        return socket;
    }

    /// <summary>Replaces the backend's lists; those of the other form go with it.</summary>
    protected async Task SetListsAsync(string[] additional, string[] ignore, string backend = Backend)
    {
        var lists = new JsonObject
        {
            ["node_conditions"] = new JsonObject
            {
                ["additional_node_conditions"] = new JsonArray([.. additional.Select(entry => (JsonNode)entry)]),
                ["ignore_node_conditions"] = new JsonArray([.. ignore.Select(entry => (JsonNode)entry)]),
            },
        };
        var (status, body, _) = await Server.ConfigureAsync(backend, lists.ToJsonString());
        Assert.True(status == 200, $"{status} {body?.ToJsonString()}");
    }

    protected async Task<Dictionary<string, bool>> NodesAsync(string backend = Backend) =>
        (await FleetTruth.NodesAsync(backend, Server)).ToDictionary(node => node.Key, node => node.Value.Available);

    protected Task<JsonNode> ConfigAsync(string backend = Backend) => Server.GetAsync($"/api/configs/backend/{backend}");

    /// <summary>Descriptions of the backend's history, oldest first.</summary>
    protected async Task<string[]> HistoryAsync(string backend = Backend) =>
    [
        .. (await Server.GetAsync($"/api/configs/history?config_types=BACKEND&name={backend}"))["configs"]!.AsArray()
            .Select(entry => (string)entry!["description"]!),
    ];

    protected static void AssertContent(PythonAgent agent)
    {
        Assert.Empty(agent.Violations);
        Assert.Null(agent.Died);
    }

    protected static Task ClosedByServerAsync(PythonAgent agent, params string[] channels) => Eventually.HoldsAsync(
        () => channels.All(channel => agent.Closes.Any(close => close.Channel == channel && close.Code is not null)),
        $"the server has closed {string.Join(", ", channels)}",
        () => agent);
}
