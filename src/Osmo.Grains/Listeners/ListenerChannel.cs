namespace Osmo.Grains.Listeners;

/// <summary>
/// What a connection of OSMO's own agent carries. Its listener opens five, one per channel; its worker, a program of its own, opens one.
/// </summary>
public enum ListenerChannel
{
    /// <summary>From the service: which node conditions count.</summary>
    Control,

    /// <summary>States of workflows' pods.</summary>
    Pod,

    /// <summary>Nodes: their states, their use, and which exist.</summary>
    Node,

    /// <summary>Events and the listener's log.</summary>
    Event,

    /// <summary>That the listener lives.</summary>
    Heartbeat,

    /// <summary>Everything that the others carry to the service, of listeners that open one connection only.</summary>
    Message,

    /// <summary>The worker's: jobs and their results.</summary>
    Worker,
}
