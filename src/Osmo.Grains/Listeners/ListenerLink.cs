using Osmo.Grains.Storage;

namespace Osmo.Grains.Listeners;

/// <summary>A connection of an OSMO agent as the backend grain sees it, from its introduction to its end.</summary>
internal sealed class ListenerLink
{
    public ListenerLink(ListenerChannel channel, IListenerPort port)
    {
        Channel = channel;
        Port = port;
    }

    /// <summary>The session that its reports have to name.</summary>
    public long Id { get; } = Stamp.New();

    public ListenerChannel Channel { get; }

    public IListenerPort Port { get; }

    /// <summary>Whether nodes are reported here.</summary>
    public bool ReportsNodes => Channel is ListenerChannel.Node or ListenerChannel.Message;

    /// <summary>Whether the connection is the listener's: a worker alone watches no node.</summary>
    public bool IsListeners => Channel != ListenerChannel.Worker;
}
