using Osmo.Grains.Nodes;

namespace Osmo.Grains.Backends;

/// <summary>
/// The way from a backend grain to its agent. Calls return at once; what cannot be delivered is lost with the connection, and
/// made good by the snapshot of the next one.
/// </summary>
public interface IAgentPort
{
    /// <summary>The agent is registered and may report.</summary>
    /// <param name="labelUpdates">Whether labels are to be updated.</param>
    void Welcome(bool labelUpdates);

    /// <summary>Every batch up to this one is durable.</summary>
    void Acknowledge(ulong sequence);

    /// <summary>Labels that should change; for one node the latest counts.</summary>
    void UpdateLabels(IReadOnlyList<LabelUpdate> updates);

    /// <summary>Label updates were switched on or off; off drops every update that still waits.</summary>
    void SetLabelPolicy(bool enabled);

    /// <summary>Ends the conversation.</summary>
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
