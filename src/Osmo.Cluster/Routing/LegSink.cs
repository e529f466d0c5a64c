using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>
/// The way back to an agent for one of the silos that it is joined to in turn. Once the agent goes on elsewhere, nothing of an earlier
/// silo reaches it any more.
/// </summary>
internal sealed class LegSink(IAgentFrameSink agent) : IAgentFrameSink
{
    private readonly TaskCompletionSource<LegEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the silo does not serve the agent any more.</summary>
    public Task<LegEnd> Ended => _ended.Task;

    public ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        _ended.Task.IsCompleted ? ValueTask.CompletedTask : agent.SendAsync(frame, cancellationToken);

    public void Complete(string reason) => _ended.TrySetResult(new LegEnd(reason, IsFinal: true));

    public void Move(string reason) => _ended.TrySetResult(new LegEnd(reason, IsFinal: false));
}

/// <summary>Why a silo does not serve an agent any more.</summary>
/// <param name="Reason">The reason, for logs.</param>
/// <param name="IsFinal">Whether the agent's connection ends with it; otherwise the agent goes on with another silo.</param>
internal readonly record struct LegEnd(string Reason, bool IsFinal);
