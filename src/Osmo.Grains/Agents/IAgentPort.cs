using Osmo.Grains.Nodes;

namespace Osmo.Grains.Agents;

/// <summary>
/// The way from a backend and its nodes to the agent. Calls return at once, from any thread; what cannot be delivered is lost with the
/// session, and made good by the snapshot of the next one.
/// </summary>
public interface IAgentPort
{
    /// <summary>A label that should change; for one node the latest counts.</summary>
    void UpdateLabel(LabelUpdate update);

    /// <summary>Label updates were switched on or off; off drops every update that still waits.</summary>
    void SetLabelPolicy(bool enabled);

    /// <summary>Ends the session.</summary>
    void Refuse(AgentRefusal reason, string message);
}

/// <summary>Why an agent's conversation ends.</summary>
public enum AgentRefusal
{
    /// <summary>Another cluster holds the name.</summary>
    ClusterConflict,

    /// <summary>A newer connection of the same cluster took over.</summary>
    Superseded,

    /// <summary>Another agent of the same cluster is connected and lives.</summary>
    Occupied,

    /// <summary>The agent broke the protocol.</summary>
    ProtocolError,

    /// <summary>What the agent says of itself breaks a rule.</summary>
    InvalidHello,

    /// <summary>The backend cannot be served now.</summary>
    Unavailable,

    /// <summary>The backend was deleted.</summary>
    Deleted,

    /// <summary>The backend goes on in another process; the agent may stay connected and begins its conversation anew.</summary>
    Moved,
}
