namespace Osmo.Kubernetes;

/// <summary>One label of a node. Immutable; the decoder shares equal ones between nodes.</summary>
/// <param name="Key">The whole key, prefix included.</param>
/// <param name="Value">The value; may be empty.</param>
public sealed record NodeLabel(string Key, string Value);

/// <summary>One taint of a node (<c>spec.taints</c>) without its <c>timeAdded</c>.</summary>
/// <param name="Key">The taint's key.</param>
/// <param name="Value">The taint's value; empty where there is none.</param>
/// <param name="Effect">NoSchedule, PreferNoSchedule or NoExecute.</param>
public sealed record NodeTaint(string Key, string Value, string Effect);

/// <summary>One condition of a node (<c>status.conditions</c>) without its times and texts.</summary>
/// <param name="Type">Ready, MemoryPressure, or whatever a node-problem-detector reports.</param>
/// <param name="Status">True, False or Unknown; anything else is kept as it came.</param>
public sealed record NodeCondition(string Type, string Status);

/// <summary>One entry of <c>status.allocatable</c> or <c>status.capacity</c>.</summary>
/// <param name="Name">cpu, memory, nvidia.com/gpu ...</param>
/// <param name="Quantity">A Kubernetes quantity as text, such as 127400m or 2113410684Ki.</param>
public sealed record NodeResource(string Name, string Quantity);
