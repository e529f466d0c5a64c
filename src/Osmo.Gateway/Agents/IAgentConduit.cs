namespace Osmo.Gateway.Agents;

/// <summary>An agent's conversation with the grain of its backend.</summary>
internal interface IAgentConduit : IAsyncDisposable
{
    /// <summary>Takes a frame from the agent. Returns when there is room for the next: this is how a slow store slows an agent.</summary>
    /// <param name="frame">The frame; not used after the call returns.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken);
}
