using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Listeners;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;

namespace Osmo.Grains.Backends;

/// <summary>What OSMO agents, which have several connections and judge nodes themselves, do in a turn.</summary>
internal sealed partial class BackendTurn
{
    /// <summary>
    /// A connection of an OSMO agent introduces itself. It is taken, and registers the backend where that is new, or it is refused.
    /// </summary>
    /// <returns>The connection that its reports have to name, or null where it is refused.</returns>
    public ListenerLink? Connect(ListenerHello hello, IListenerPort port)
    {
        if (hello.Problem is { } problem)
        {
            _listeners.Refuse(port, AgentRefusal.InvalidHello, problem);
            return null;
        }

        if (_record?.Registration.ClusterUid is { } holder && holder != hello.ClusterUid)
        {
            _listeners.Refuse(port, AgentRefusal.ClusterConflict, AgentHelloCheck.ShortConflictMessage(_state.Name, holder));
            return null;
        }

        if (hello.Channel != ListenerChannel.Worker && _session is { } other)
        {
            if (_now - other.LastHeard < AgentSession.AliveTime)
            {
                _listeners.Refuse(port, AgentRefusal.Occupied, "Another agent of this cluster is connected. Run one agent per backend.");
                return null;
            }

            Drop(other, AgentRefusal.Superseded, "A listener of this backend took over.");
        }

        // A worker knows nothing of the listener's prefix and would change it back and forth: it only registers what is new.
        if (hello.Channel != ListenerChannel.Worker || _record is null || _record.Registration.ClusterUid is null)
        {
            Register(hello.Register(_record?.Registration));
        }

        return _listeners.Open(hello.Channel, port);
    }

    /// <summary>A connection of an OSMO agent ended.</summary>
    public void Disconnect(ListenerLink link) => _listeners.Close(link);

    private static void RefuseWhatTheAgentCannotBeTold(BackendRecord current, BackendRecord next)
    {
        if (next.Registration.Protocol == AgentProtocol.Listener
            && !next.Config.NodeConditions.Equals(current.Config.NodeConditions)
            && ListenerGenerations.Of(next.Registration.AgentVersion).LossOf(next.Config.NodeConditions) is { } loss)
        {
            throw OsmoException.InvalidFields([loss with
            {
                Message = $"cannot be told to the agent of {next.Name}, version {next.Registration.AgentVersion}: {loss.Message}",
            }]);
        }
    }
}
