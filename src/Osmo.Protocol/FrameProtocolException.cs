namespace Osmo.Protocol;

/// <summary>The peer broke the rules of the channel; the connection cannot go on.</summary>
public sealed class FrameProtocolException : Exception
{
    /// <summary>Says what the peer did and what it should do instead.</summary>
    public FrameProtocolException(string message)
        : base(message)
    {
    }
}
