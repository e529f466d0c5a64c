namespace Osmo.Cluster.Wire;

/// <summary>What processes of a cluster have to agree on beside the messages.</summary>
public static class ClusterProtocol
{
    /// <summary>The newest version of the protocol that this build speaks.</summary>
    public const int Version = 1;

    /// <summary>The oldest version that it still speaks.</summary>
    public const int VersionMin = 1;

    /// <summary>Sub-protocol of the WebSocket handshakes.</summary>
    public const string SubProtocol = "osmo.cluster.v1";

    /// <summary>What every path of the cluster's endpoints begins with.</summary>
    public const string PathPrefix = "/cluster/v1";

    /// <summary>Path of the endpoint for calls.</summary>
    public const string CallsPath = PathPrefix + "/calls";

    /// <summary>Path of the endpoint for agents' frames; the backend's name follows.</summary>
    public const string AgentsPath = PathPrefix + "/agents";

    /// <summary>Path of the endpoint for fleet events.</summary>
    public const string EventsPath = PathPrefix + "/events";

    /// <summary>
    /// Query parameter of <see cref="AgentsPath"/> that is there when the agent has talked to another silo on its connection.
    /// </summary>
    public const string MovedParameter = "moved";

    /// <summary>
    /// Query parameter of <see cref="AgentsPath"/> that names the channel (<see cref="Grains.Listeners.ListenerChannel"/>) where the
    /// connection is an OSMO agent's.
    /// </summary>
    public const string ListenerParameter = "listener";
}
