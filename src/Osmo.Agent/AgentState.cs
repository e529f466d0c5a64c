namespace Osmo.Agent;

/// <summary>What an agent is doing, for health checks, metrics and displays.</summary>
public sealed record AgentState
{
    /// <summary>uid of the cluster's kube-system namespace; null until it was read.</summary>
    public string? ClusterUid { get; init; }

    /// <summary>The first list of nodes is in.</summary>
    public bool IsSynced { get; init; }

    /// <summary>The connection that carries the nodes is up, and the service has taken the agent in.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Nodes known.</summary>
    public int Nodes { get; init; }

    /// <summary>Nodes that wait to be reported.</summary>
    public int PendingNodes { get; init; }

    /// <summary>Batches, or messages of OSMO's protocol, that the service has not acknowledged.</summary>
    public int UnackedBatches { get; init; }

    /// <summary>Connections that were welcomed so far.</summary>
    public long Connections { get; init; }

    /// <summary>Conversations begun anew on a connection because the backend moved to another silo.</summary>
    public long Restarts { get; init; }

    /// <summary>Watch events received.</summary>
    public long EventsReceived { get; init; }

    /// <summary>Watch events dropped because nothing that matters changed.</summary>
    public long EventsUnchanged { get; init; }

    /// <summary>Nodes whose label is to be changed.</summary>
    public int LabelsWaiting { get; init; }

    /// <summary>Label patches that the API server took.</summary>
    public long LabelsPatched { get; init; }

    /// <summary>Why the gateway or silo was last left or not reached; null when it never was.</summary>
    public string? LastChannelError { get; init; }

    /// <summary>The API server fails at the moment: what is known of its nodes may be old.</summary>
    public bool IsClusterFailing { get; init; }

    /// <summary>Why the API server last failed; null when it never did.</summary>
    public string? LastClusterError { get; init; }
}
