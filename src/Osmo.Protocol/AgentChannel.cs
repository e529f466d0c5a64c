namespace Osmo.Protocol;

/// <summary>What both ends of the agent channel have to agree on beside the messages.</summary>
public static class AgentChannel
{
    /// <summary>The version of the protocol that this build speaks.</summary>
    public const uint ProtocolVersion = 1;

    /// <summary>Path of the WebSocket endpoint; the backend's name follows.</summary>
    public const string Path = "/api/agent/channel/backend";

    /// <summary>Sub-protocol of the WebSocket handshake: a peer that speaks another one is refused there.</summary>
    public const string SubProtocol = "osmo.agent.v1";
}
