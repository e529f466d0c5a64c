using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Listeners;

/// <summary>A message about nodes.</summary>
/// <param name="Id">The message's id, as the agent wrote it; it stays the same when the agent sends the message again.</param>
public abstract record ListenerReport(string Id)
{
    /// <summary>Stages what the message says.</summary>
    internal abstract void Stage(StagedNodes nodes);
}

/// <summary>The state of a node (<c>resource</c>).</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Node">The node; its uid is not known to such an agent.</param>
public sealed record ListenerNodeState(string Id, NodeReport Node) : ListenerReport(Id)
{
    internal override void Stage(StagedNodes nodes) => nodes.TryStage(Node, session: 0);
}

/// <summary>What of a node is in use (<c>resource_usage</c>). Of a node that is not known it says nothing.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Usage">What is in use.</param>
public sealed record ListenerNodeUsage(string Id, string Node, NodeUsage Usage) : ListenerReport(Id)
{
    internal override void Stage(StagedNodes nodes) => nodes.StageUsage(Node, Usage);
}

/// <summary>A node is gone (<c>delete_resource</c>).</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Node">The node's name.</param>
public sealed record ListenerNodeGone(string Id, string Node) : ListenerReport(Id)
{
    internal override void Stage(StagedNodes nodes) => nodes.Delete(Node);
}

/// <summary>The nodes that exist (<c>node_hash</c>): others of the backend are gone.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Nodes">Their names.</param>
public sealed record ListenerNodeList(string Id, IReadOnlySet<string> Nodes) : ListenerReport(Id)
{
    internal override void Stage(StagedNodes nodes) => nodes.DeleteOthers(Nodes);
}
