using System.Text.Json;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Listener;

/// <summary>Many backends, each with its Python agent, of both generations in turn.</summary>
public sealed class PythonFleet : IAsyncDisposable
{
    private const int RequestsAtOnce = 8;

    private readonly PythonAgent[] _agents;

    private PythonFleet(PythonAgent[] agents) => _agents = agents;

    public IReadOnlyList<PythonAgent> Agents => _agents;

    /// <summary>Starts all agents at once and waits until everything that they know is acknowledged.</summary>
    /// <param name="gateways">Where they connect, in turn.</param>
    /// <param name="backends">How many.</param>
    /// <param name="nodes">Of each.</param>
    public static async Task<PythonFleet> StartAsync(IReadOnlyList<Uri> gateways, int backends, int nodes)
    {
        var fleet = new PythonFleet(await Task.WhenAll(Enumerable.Range(0, backends).Select(i => PythonAgent.StartAsync(
            new PythonAgentOptions
            {
                Host = gateways[i % gateways.Count],
                Backend = $"backend-{i:000}",
                Version = i % 2 == 0 ? "1.0.0" : "6.4.0",
                ReconnectPause = TimeSpan.FromMilliseconds(200),
            },
            Enumerable.Range(0, nodes).Select(node => PythonNode.Ready($"node-{node}"))))));
        try
        {
            await fleet.HoldsAsync(agent => agent.Channels.All(channel => channel.IsConnected), "is connected");
            await fleet.SettlesAsync();
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every agent's nodes change, by chance.</summary>
    public void Change(Random random, int changes)
    {
        foreach (var agent in _agents)
        {
            var nodes = agent.Nodes;
            for (var i = 0; i < changes; i++)
            {
                agent.Set(nodes[random.Next(nodes.Count)].Name, "DiskPressure", random.Next(2) == 0 ? "True" : "False");
            }
        }
    }

    /// <summary>Waits until every message of every agent is acknowledged.</summary>
    public Task SettlesAsync() => HoldsAsync(agent => agent.Channels.All(channel => channel.IsSettled), "is settled");

    /// <summary>Changes the configuration of every backend, and waits until each agent has been told of it.</summary>
    /// <param name="server">The servers.</param>
    /// <param name="condition">A type that no backend has yet.</param>
    public async Task ConfigureAsync(IFleetApi server, string condition)
    {
        var change = JsonSerializer.Serialize(new { node_conditions = new { additional_node_conditions = new[] { condition } } });
        await Parallel.ForEachAsync(
            _agents,
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce },
            async (agent, _) => await Eventually.AgreesAsync(
                async () => await server.ConfigureAsync(agent.Backend, change) is { Status: not 200 } answer
                    ? answer.Body?.ToJsonString()
                    : null,
                $"{agent.Backend} is configured"));
        await HoldsAsync(
            agent => agent.Pushes is [.., var last] && last.Contains(condition, StringComparison.Ordinal), $"knows {condition}");
    }

    /// <summary>Waits until the servers know just what the agents think, and finds fault with whatever was sent that must not be.</summary>
    /// <exception cref="InvalidDataException">An agent was sent what it must not be sent.</exception>
    public async Task AgreesAsync(IFleetApi server)
    {
        await Parallel.ForEachAsync(
            _agents, new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce }, async (agent, _) => await agent.AgreesAsync(server));
        if (_agents.FirstOrDefault(agent => agent.Violations.Count > 0 || agent.Died is not null) is { } hurt)
        {
            throw new InvalidDataException($"{hurt.Backend}: {hurt}");
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_agents.Select(agent => agent.DisposeAsync().AsTask()));

    private Task HoldsAsync(Func<PythonAgent, bool> condition, string what) => Eventually.HoldsAsync(
        () => _agents.All(condition),
        $"every agent {what}",
        () => $"{_agents.Count(agent => !condition(agent))} without, as {_agents.FirstOrDefault(agent => !condition(agent))}");
}
