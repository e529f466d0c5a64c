using System.Collections.Concurrent;
using Osmo.Domain.Availability;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;

namespace Osmo.Grains.Tests.Rigs;

/// <summary>A gateway that has one connection of an OSMO agent, and remembers what it is told.</summary>
internal sealed class RecordingListener : IListenerObserver
{
    private readonly TaskCompletionSource<AgentRefusal> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<NodeConditionRules> Rules { get; } = [];

    public Task<AgentRefusal> Ended => _ended.Task;

    public Task TellAsync(NodeConditionRules rules)
    {
        Rules.Enqueue(rules);
        return Task.CompletedTask;
    }

    public Task EndAsync(AgentRefusal reason, string message)
    {
        _ended.TrySetResult(reason);
        return Task.CompletedTask;
    }
}
