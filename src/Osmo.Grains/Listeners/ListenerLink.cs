namespace Osmo.Grains.Listeners;

/// <summary>A connection of an OSMO agent as the backend grain sees it, from its introduction to its end.</summary>
public sealed class ListenerLink
{
    internal ListenerLink(ListenerChannel channel, IListenerPort port)
    {
        Channel = channel;
        Port = port;
    }

    internal ListenerChannel Channel { get; }

    internal IListenerPort Port { get; }

    /// <summary>Whether nodes are reported here.</summary>
    internal bool ReportsNodes => Channel is ListenerChannel.Node or ListenerChannel.Message;

    /// <summary>Whether the connection is the listener's: a worker alone watches no node.</summary>
    internal bool IsListeners => Channel != ListenerChannel.Worker;
}
