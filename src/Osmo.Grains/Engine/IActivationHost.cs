namespace Osmo.Grains.Engine;

/// <summary>The grains that run in this process, as whoever decides about ownership sees them.</summary>
public interface IActivationHost
{
    /// <summary>
    /// Ends every activation of some shards after what is in its mailbox, and returns when they have ended: what was taken is durable
    /// and answered then. The caller sees to it that <see cref="IOwnership.Claim"/> refuses these shards first.
    /// </summary>
    /// <param name="shards">Numbers of the shards.</param>
    Task EndAsync(IReadOnlySet<int> shards);

    /// <summary>How many backends are active here, and how many nodes they have.</summary>
    (int Backends, long Nodes) Count();
}
