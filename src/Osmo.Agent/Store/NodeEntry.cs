using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>One node in the store. Guarded by the store's lock.</summary>
internal sealed class NodeEntry
{
    /// <summary>The node's latest state; null when it is gone and the silo has not been told yet.</summary>
    public NodeProjection? Current { get; set; }

    /// <summary>The state that was last reported on this connection; null when none was.</summary>
    public NodeProjection? Sent { get; set; }

    /// <summary>While <see cref="Current"/> is a patch's answer that the watch has not confirmed: what the watch says.</summary>
    public NodeProjection? Watched { get; set; }

    /// <summary>Whether the entry waits to be reported.</summary>
    public bool IsPending { get; set; }
}
