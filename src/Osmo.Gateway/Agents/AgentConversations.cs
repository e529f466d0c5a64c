using Microsoft.Extensions.Logging;
using Orleans;
using Osmo.Domain.Backends;
using Osmo.Gateway.Agents.Channel;
using Osmo.Gateway.Agents.Listener;
using Osmo.Grains.Listeners;

namespace Osmo.Gateway.Agents;

/// <summary>Begins the conversations of agents with the grains of their backends.</summary>
internal sealed class AgentConversations(
    IGrainFactory grains, GatewayMetrics metrics, TimeProvider time, ILogger<AgentConversations> logger)
{
    private readonly ListenerScene _listeners = new(grains, metrics, new RefusalLog(time), time, logger);

    /// <summary>Begins the conversation of one of our own agents.</summary>
    /// <param name="backend">The backend that the address of the connection names.</param>
    /// <param name="sink">The way back to the agent.</param>
    public IAgentConduit BeginChannel(BackendName backend, IAgentFrameSink sink) => new AgentConduit(backend, sink, grains, time, logger);

    /// <summary>Begins the conversation of one connection of an OSMO agent.</summary>
    /// <param name="backend">The backend that the address of the connection names.</param>
    /// <param name="channel">What the connection carries.</param>
    /// <param name="sink">The way back to the agent.</param>
    public IAgentConduit BeginListener(BackendName backend, ListenerChannel channel, IAgentFrameSink sink) =>
        new ListenerConduit(backend, channel, sink, _listeners);
}
