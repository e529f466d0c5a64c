namespace Osmo.Cluster.Routing;

/// <summary>A silo cannot be reached, or the connection to it broke. The message says why, for people.</summary>
internal sealed class SiloUnreachableException : Exception
{
    public SiloUnreachableException(string message, bool outcomeUnknown = false)
        : base(message) => OutcomeUnknown = outcomeUnknown;

    /// <summary>Whether the silo may have done what it was asked for; false where it was never asked.</summary>
    public bool OutcomeUnknown { get; }
}
