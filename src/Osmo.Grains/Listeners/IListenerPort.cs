using Osmo.Domain.Availability;
using Osmo.Grains.Agents;

namespace Osmo.Grains.Listeners;

/// <summary>The way from a backend to one connection of an OSMO agent. Calls return at once.</summary>
public interface IListenerPort
{
    /// <summary>Which node conditions count from now on; the latest is what matters.</summary>
    void PushNodeConditions(NodeConditionRules rules);

    /// <summary>Ends the session.</summary>
    void Refuse(AgentRefusal reason, string message);
}
