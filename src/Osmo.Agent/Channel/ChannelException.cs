namespace Osmo.Agent;

/// <summary>The channel could not be opened or has ended. The message says why, for people.</summary>
internal sealed class ChannelException : Exception
{
    public ChannelException(string message)
        : base(message)
    {
    }

    /// <summary>How long the other side wants to be left alone.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>Whether the other side is well and refuses this agent: it will again, until somebody changes something.</summary>
    public bool IsRefusal { get; init; }
}
