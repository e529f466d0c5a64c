namespace Osmo.Gateway.Agents;

/// <summary>The way back to an agent.</summary>
internal interface IAgentFrameSink
{
    /// <summary>Sends a frame. Returns when it is handed to the network.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken);

    /// <summary>Nothing more will be sent: the connection may be closed.</summary>
    /// <param name="reason">Why, for logs.</param>
    void Complete(string reason);

    /// <summary>Nothing more will be sent on this connection, and the agent should come again with another one.</summary>
    /// <param name="reason">Why, for logs.</param>
    void Move(string reason);
}
