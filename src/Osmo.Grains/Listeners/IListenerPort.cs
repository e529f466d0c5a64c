using Osmo.Grains.Availability;
using Osmo.Grains.Backends;

namespace Osmo.Grains.Listeners;

/// <summary>The way from a backend grain to one connection of an OSMO agent. Calls return at once.</summary>
public interface IListenerPort
{
    /// <summary>A message had its effect, and that is durable.</summary>
    /// <param name="message">The message's id, as the agent wrote it.</param>
    void Acknowledge(string message);

    /// <summary>Which node conditions count from now on; the latest is what matters.</summary>
    void PushNodeConditions(NodeConditionRules rules);

    /// <summary>Ends the connection.</summary>
    void Refuse(AgentRefusal reason, string message);
}
