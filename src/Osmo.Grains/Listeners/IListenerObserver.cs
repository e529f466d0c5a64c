using Osmo.Domain.Availability;
using Osmo.Grains.Agents;

namespace Osmo.Grains.Listeners;

/// <summary>The way from a backend's grain to one connection of an OSMO agent: an object of the gateway that has the connection.</summary>
[Alias("osmo.listener-observer")]
public interface IListenerObserver : IGrainObserver
{
    /// <summary>Which node conditions count from now on.</summary>
    [Alias("tell")]
    Task TellAsync(NodeConditionRules rules);

    /// <summary>The session has ended.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">The reason, for people.</param>
    [Alias("end")]
    Task EndAsync(AgentRefusal reason, string message);
}
