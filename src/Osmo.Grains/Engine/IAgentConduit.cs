namespace Osmo.Grains.Engine;

/// <summary>
/// An agent's connection joined to the grain of its backend. Frames are opaque to whoever carries them, so a gateway needs not
/// know what agents say.
/// </summary>
public interface IAgentConduit : IAsyncDisposable
{
    /// <summary>Takes a frame from the agent. Returns when there is room for the next: this is how a slow store slows an agent.</summary>
    /// <param name="frame">The frame; not used after the call returns.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken);
}

/// <summary>The way back to an agent.</summary>
public interface IAgentFrameSink
{
    /// <summary>Sends a frame. Returns when it is handed to the network.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken);

    /// <summary>Nothing more will be sent: the connection may be closed.</summary>
    /// <param name="reason">Why, for logs.</param>
    void Complete(string reason);

    /// <summary>
    /// Nothing more will be sent from here, because the backend goes on in another process: whoever holds the connection joins it
    /// to that one, or closes it where it cannot.
    /// </summary>
    /// <param name="reason">Why, for logs.</param>
    void Move(string reason);
}
