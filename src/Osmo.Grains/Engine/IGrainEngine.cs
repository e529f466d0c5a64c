using Osmo.Grains.Backends;
using Osmo.Grains.Listeners;

namespace Osmo.Grains.Engine;

/// <summary>
/// The narrow port between grains and what makes them a cluster: give a reference to a grain by its key. Activation, placement
/// and routing are the engine's affair, and grains do not know which engine runs them.
/// </summary>
public interface IGrainEngine
{
    /// <summary>A reference to a backend's grain. Costs nothing; the grain is activated by the first call.</summary>
    IBackendGrain GetBackend(BackendName backend);

    /// <summary>A reference to a node's grain, which lives with its backend.</summary>
    INodeGrain GetNode(BackendName backend, string node);

    /// <summary>Joins an agent's connection to the grain of its backend.</summary>
    /// <param name="backend">The backend that the agent says it is.</param>
    /// <param name="sink">The way back to the agent.</param>
    /// <param name="moved">
    /// Whether the agent has been talking to another process on this connection: it is asked to begin its conversation anew then, and
    /// what it says before that is dropped.
    /// </param>
    IAgentConduit ConnectAgent(BackendName backend, IAgentFrameSink sink, bool moved = false);

    /// <summary>
    /// Joins a connection of an OSMO agent to the grain of its backend; its frames are the UTF-8 text of that protocol. It never goes on
    /// in another process: the agent connects again then, and sends what was not acknowledged.
    /// </summary>
    /// <param name="backend">The backend that the address of the connection names.</param>
    /// <param name="channel">What the connection carries.</param>
    /// <param name="sink">The way back to the agent.</param>
    IAgentConduit ConnectListener(BackendName backend, ListenerChannel channel, IAgentFrameSink sink);

    /// <summary>What happens in the fleet, as it happens.</summary>
    IFleetWatch Watch { get; }
}
