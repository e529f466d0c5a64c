using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>
/// What matters of a Kubernetes Pod: where it runs and what it asks for, and of a workflow's how it fares. Immutable.
/// </summary>
public sealed record PodProjection
{
    /// <summary><c>metadata.namespace</c>.</summary>
    public required string Namespace { get; init; }

    /// <summary><c>metadata.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>metadata.uid</c>: a pod deleted and created again under the same name has another one.</summary>
    public string Uid { get; init; } = "";

    /// <summary><c>spec.nodeName</c>; empty until the pod is scheduled.</summary>
    public string Node { get; init; } = "";

    /// <summary><c>status.phase</c>: Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string Phase { get; init; } = "";

    /// <summary>
    /// <c>resources.requests</c> of all containers, one after the other, as written; those of init containers are left out.
    /// </summary>
    public ImmutableArray<NodeResource> Requests { get; init; } = [];

    /// <summary>How it fares, where its labels say that it is a workflow's; null for all others.</summary>
    public WorkflowPodState? Workflow { get; init; }
}
