using Osmo.Grains.Agents;

namespace Osmo.Gateway.Agents.Channel;

/// <summary>How far an agent's conversation is; see <see cref="AgentConduit"/>.</summary>
internal abstract record AgentStage;

/// <summary>The agent is to say Hello.</summary>
/// <param name="Restart">The number of the Restart that it has to answer; 0 for the first one.</param>
internal sealed record Waiting(uint Restart) : AgentStage
{
    private readonly TaskCompletionSource<AgentHello> _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The agent has said Hello.</summary>
    public void Hear(AgentHello hello) => _heard.TrySetResult(hello);

    /// <summary>Waits for Hello.</summary>
    /// <exception cref="TimeoutException">It was asked to begin again, and did not.</exception>
    public Task<AgentHello> HelloAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        _heard.Task.WaitAsync(Restart == 0 ? Timeout.InfiniteTimeSpan : limit, time, cancellationToken);
}

/// <summary>The grain is asked to join the agent.</summary>
internal sealed record Joining : AgentStage
{
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the agent is joined, or is not going to be.</summary>
    public Task Left => _left.Task;

    /// <summary>The next stage begins.</summary>
    public void Leave() => _left.TrySetResult();
}

/// <summary>The agent is joined.</summary>
/// <param name="Session">Its session with the grain.</param>
internal sealed record Joined(AgentSession Session) : AgentStage;

/// <summary>The agent was refused, or has hung up.</summary>
internal sealed record Over : AgentStage;
