using Microsoft.AspNetCore.Http;
using Osmo.Cluster.Wire;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Listeners;

namespace Osmo.Cluster.Routing;

/// <summary>As what an agent's connection is joined to the owner of its backend.</summary>
/// <param name="Listener">The channel of an OSMO agent; null of an agent that speaks our own protocol.</param>
/// <param name="Moved">Whether the agent has talked to somebody on this connection, so that it has to begin anew.</param>
internal readonly record struct AgentJoin(ListenerChannel? Listener, bool Moved)
{
    /// <summary>What the address of the silo's endpoint says of it; null where it says nothing.</summary>
    public string? Query =>
        Listener is { } channel ? $"{ClusterProtocol.ListenerParameter}={channel}" : Moved ? ClusterProtocol.MovedParameter : null;

    /// <summary>Reads <see cref="Query"/>; false where it names a channel that this build does not know.</summary>
    public static bool TryRead(IQueryCollection query, out AgentJoin join)
    {
        if (query.TryGetValue(ClusterProtocol.ListenerParameter, out var name))
        {
            var isKnown = Enum.TryParse<ListenerChannel>(name, out var channel) && Enum.IsDefined(channel);
            join = new AgentJoin(channel, Moved: false);
            return isKnown;
        }

        join = new AgentJoin(Listener: null, query.ContainsKey(ClusterProtocol.MovedParameter));
        return true;
    }

    /// <summary>Joins the connection to a grain of this process.</summary>
    public IAgentConduit To(IGrainEngine engine, BackendName backend, IAgentFrameSink sink) =>
        Listener is { } channel ? engine.ConnectListener(backend, channel, sink) : engine.ConnectAgent(backend, sink, Moved);
}
