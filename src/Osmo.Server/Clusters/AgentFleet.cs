using Microsoft.Extensions.Logging;
using Osmo.Agent;

namespace Osmo.Server.Clusters;

/// <summary>Agents that run in this process, one for each watched cluster.</summary>
internal sealed class AgentFleet : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<(string Backend, BackendAgent Agent, Task Running)> _agents = [];

    public AgentFleet(Uri gateway, string? token, IReadOnlyList<WatchedCluster> clusters, ILoggerFactory logs)
    {
        foreach (var cluster in clusters)
        {
            var options = new AgentOptions
            {
                Host = gateway,
                Backend = cluster.Backend.Value,
                Namespace = "default",
                Token = token,
                EnableNodeLabelUpdate = cluster.Labels,
                AllowLabelPatches = cluster.AllowLabelPatches,
                ApiQps = cluster.LabelPatchesPerSecond,
                ApiBurst = cluster.LabelPatchesPerSecond,
            };
            var agent = new BackendAgent(options, cluster.Configuration, logs);
            _agents.Add((options.Backend, agent, agent.RunAsync(_stopping.Token)));
        }
    }

    /// <summary>What each agent is doing, by backend.</summary>
    public IReadOnlyDictionary<string, AgentState> States => _agents.ToDictionary(agent => agent.Backend, agent => agent.Agent.State);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var (_, agent, running) in _agents)
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            agent.Dispose();
        }

        _stopping.Dispose();
    }
}
