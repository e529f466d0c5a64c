using System.Collections.Immutable;
using Osmo.Domain.Nodes;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Listeners;

/// <summary>A message of an OSMO agent that the backend's grain has to take.</summary>
/// <param name="Id">
/// The message's id, as the agent wrote it; it stays the same when the agent sends the message again. Empty if the agent left it out.
/// </param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.listener-report")]
public abstract record ListenerReport([property: Id(0)] string Id);

/// <summary>The agent lives (<c>heartbeat</c>), or says something that is about no node and has its place in the order.</summary>
/// <param name="Id">The message's id.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.listener-life")]
public sealed record ListenerLife(string Id) : ListenerReport(Id);

/// <summary>The state of a node (<c>resource</c>).</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Node">The node; its uid is not known to such an agent.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.listener-node-state")]
public sealed record ListenerNodeState(string Id, [property: Id(0)] NodeReport Node) : ListenerReport(Id);

/// <summary>What of a node is in use (<c>resource_usage</c>). Of a node that is not known it says nothing.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Usage">What is in use.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.listener-node-usage")]
public sealed record ListenerNodeUsage(string Id, [property: Id(0)] string Node, [property: Id(1)] NodeUsage Usage) : ListenerReport(Id);

/// <summary>A node is gone (<c>delete_resource</c>).</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Node">The node's name.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.listener-node-gone")]
public sealed record ListenerNodeGone(string Id, [property: Id(0)] string Node) : ListenerReport(Id);

/// <summary>The nodes that exist (<c>node_hash</c>): others of the backend are gone.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Nodes">Their names.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.listener-node-list")]
public sealed record ListenerNodeList(string Id, [property: Id(0)] ImmutableArray<string> Nodes) : ListenerReport(Id);
