namespace Osmo.Grains.Agents;

/// <summary>An agent's conversation as the backend's grain sees it; the grain believes only the latest one.</summary>
internal sealed class AgentSession(long id, IAgentPort port, string instance)
{
    /// <summary>
    /// Another agent of the same cluster may take over when this one was not heard of for so long: three of its heartbeats. Before
    /// that it waits, or two agents that were deployed by mistake would throw each other out for ever. What is known of the nodes
    /// is no longer taken for how they are when none was heard of for so long.
    /// </summary>
    public static readonly TimeSpan AliveTime = TimeSpan.FromMinutes(1);

    /// <summary>Batches that may overtake an earlier one on their way; more is a mistake of whoever numbers them.</summary>
    public const ulong BatchesAheadMax = 64;

    private readonly Dictionary<ulong, TaskCompletionSource> _waiting = [];

    public long Id { get; } = id;

    public IAgentPort Port { get; } = port;

    /// <summary>Which agent process it is: the same one may connect again at any time.</summary>
    public string Instance { get; } = instance;

    /// <summary>When the agent last said anything.</summary>
    public DateTimeOffset LastHeard { get; set; }

    /// <summary>Why the agent cannot watch its cluster at the moment; null while it can.</summary>
    public string? ClusterError { get; set; }

    /// <summary>The last batch that was taken.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Whether a snapshot began and has not ended.</summary>
    public bool InSnapshot { get; set; }

    /// <summary>Whether a snapshot was taken in whole.</summary>
    public bool SnapshotTaken { get; set; }

    /// <summary>Completes when everything that was taken so far has been applied, or one of it has failed.</summary>
    public Task Applied { get; set; } = Task.CompletedTask;

    /// <summary>Completes when all batches before one were taken: calls may overtake each other on their way.</summary>
    public Task TurnOf(ulong sequence)
    {
        if (sequence <= Sequence + 1)
        {
            return Task.CompletedTask;
        }

        if (!_waiting.TryGetValue(sequence, out var turn))
        {
            _waiting[sequence] = turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return turn.Task;
    }

    /// <summary>A batch was taken.</summary>
    public void Take(ulong sequence)
    {
        Sequence = sequence;
        if (_waiting.Remove(sequence + 1, out var next))
        {
            next.TrySetResult();
        }
    }
}
