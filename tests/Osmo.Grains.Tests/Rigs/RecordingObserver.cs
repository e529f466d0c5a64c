using System.Collections.Concurrent;
using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Tests.Rigs;

/// <summary>An agent's gateway that remembers what it is told.</summary>
internal sealed class RecordingObserver : IAgentObserver
{
    private readonly TaskCompletionSource<AgentRefusal> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The latest label that each node should have.</summary>
    public ConcurrentDictionary<string, LabelUpdate> Labels { get; } = [];

    /// <summary>Every label that was asked for, in order.</summary>
    public ConcurrentQueue<LabelUpdate> Asked { get; } = [];

    public bool? Policy { get; private set; }

    public Task<AgentRefusal> Ended => _ended.Task;

    public Task TellAsync(AgentNews news)
    {
        Policy = news.LabelPolicy ?? Policy;
        foreach (var update in news.Labels)
        {
            Asked.Enqueue(update);
            Labels[update.Node] = update;
        }

        return Task.CompletedTask;
    }

    public Task EndAsync(AgentRefusal reason, string message)
    {
        _ended.TrySetResult(reason);
        return Task.CompletedTask;
    }
}
