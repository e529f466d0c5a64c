using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>The way from this process to the owner of a backend, for one connection of its agent.</summary>
internal interface IOwnerPath
{
    /// <summary>Joins the connection to the owner.</summary>
    /// <param name="join">As what it is joined.</param>
    /// <param name="sink">The way back to the agent, for this leg alone.</param>
    /// <param name="cancellationToken">The agent has hung up.</param>
    /// <exception cref="SiloUnreachableException">Nobody owns the backend, or the owner does not answer.</exception>
    Task<IAgentConduit> JoinAsync(AgentJoin join, LegSink sink, CancellationToken cancellationToken);

    /// <summary>Waits until the leg that was joined last has ended, also where whoever served it died without a word.</summary>
    Task<LegEnd> WaitForEndAsync(LegSink sink, CancellationToken cancellationToken);

    /// <summary>Learns who owns the backend by now, and waits a little.</summary>
    /// <param name="reason">Why the last leg was in vain, or why it ended.</param>
    /// <param name="failures">How often that happened, this time included.</param>
    /// <param name="cancellationToken">The agent has hung up.</param>
    Task PrepareNextAsync(string reason, int failures, CancellationToken cancellationToken);

    /// <summary>Says that joining met an error of our own.</summary>
    void Report(Exception failure);
}
