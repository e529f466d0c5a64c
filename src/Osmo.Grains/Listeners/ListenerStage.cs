using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;

namespace Osmo.Grains.Listeners;

/// <summary>What a turn does for the connections of OSMO agents: it is told to them when the turn is published.</summary>
internal sealed class ListenerStage(BackendState state)
{
    private readonly List<(IListenerPort Port, AgentRefusal Reason, string Message)> _refusals = [];
    private readonly List<ListenerLink> _opened = [];

    /// <summary>Whether a connection began or ended.</summary>
    public bool LinksChanged { get; private set; }

    /// <summary>Whether the listener, not only its worker, is connected.</summary>
    public bool ListenerIsConnected => state.Links.Exists(link => link.IsListeners);

    public void Refuse(IListenerPort port, AgentRefusal reason, string message) => _refusals.Add((port, reason, message));

    public ListenerLink Open(ListenerChannel channel, IListenerPort port)
    {
        var link = new ListenerLink(channel, port);
        state.Links.Add(link);
        _opened.Add(link);
        LinksChanged = true;
        if (link.ReportsNodes)
        {
            state.Messages.BeginConnection();
        }

        return link;
    }

    public void Close(ListenerLink link) => LinksChanged |= state.Links.Remove(link);

    /// <summary>Ends every connection.</summary>
    public void CloseAll(AgentRefusal reason, string message)
    {
        foreach (var link in state.Links)
        {
            Refuse(link.Port, reason, message);
        }

        LinksChanged |= state.Links.Count > 0;
        state.Links.Clear();
    }

    /// <summary>Tells the agents.</summary>
    /// <param name="record">The backend as it is published; null where it was deleted.</param>
    /// <param name="rulesChanged">Whether other node conditions count now.</param>
    public void Publish(BackendRecord? record, bool rulesChanged)
    {
        foreach (var (port, reason, message) in _refusals)
        {
            port.Refuse(reason, message);
        }

        if (record is null)
        {
            return;
        }

        foreach (var link in rulesChanged ? state.Links : _opened)
        {
            if (link.Channel == ListenerChannel.Control)
            {
                link.Port.PushNodeConditions(record.Config.NodeConditions);
            }
        }
    }
}
