namespace Osmo.Agent;

/// <summary>The backend has moved to another silo: the conversation ends, and the next one begins on the same connection.</summary>
internal sealed class ChannelRestartException(uint number) : Exception("The backend moved to another silo.")
{
    /// <summary>What the next Hello has to repeat.</summary>
    public uint Number { get; } = number;
}
