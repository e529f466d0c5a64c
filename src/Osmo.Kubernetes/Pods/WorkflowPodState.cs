using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>What is kept of a workflow's pod beside what is kept of all. Texts are cut where they are very long. Immutable.</summary>
public sealed record WorkflowPodState
{
    /// <summary>Label <c>osmo.workflow_uuid</c>.</summary>
    public required string WorkflowUuid { get; init; }

    /// <summary>Label <c>osmo.task_uuid</c>.</summary>
    public required string TaskUuid { get; init; }

    /// <summary>Label <c>osmo.retry_id</c> as written; empty where there is none.</summary>
    public string RetryId { get; init; } = "";

    /// <summary><c>metadata.deletionTimestamp</c> is there: somebody has asked for the deletion.</summary>
    public bool IsBeingDeleted { get; init; }

    /// <summary><c>metadata.deletionGracePeriodSeconds</c>: how long the deletion may take.</summary>
    public int DeletionGraceSeconds { get; init; }

    /// <summary><c>status.reason</c>, such as Evicted.</summary>
    public string Reason { get; init; } = "";

    /// <summary><c>status.message</c>.</summary>
    public string Message { get; init; } = "";

    /// <summary><c>status.podIP</c>; empty until there is one.</summary>
    public string Ip { get; init; } = "";

    /// <summary><c>spec.containers[].name</c> of the first one.</summary>
    public string FirstContainer { get; init; } = "";

    /// <summary><c>status.containerStatuses</c>.</summary>
    public ImmutableArray<PodContainer> Containers { get; init; } = [];

    /// <summary><c>status.initContainerStatuses</c>.</summary>
    public ImmutableArray<PodContainer> InitContainers { get; init; } = [];

    /// <summary><c>status.conditions</c>.</summary>
    public ImmutableArray<PodCondition> Conditions { get; init; } = [];
}

/// <summary>Where a container is in its life.</summary>
public enum PodContainerPhase
{
    /// <summary>Nothing is said, which means that it waits.</summary>
    Unknown,

    /// <summary><c>state.waiting</c>.</summary>
    Waiting,

    /// <summary><c>state.running</c>.</summary>
    Running,

    /// <summary><c>state.terminated</c>.</summary>
    Terminated,
}

/// <summary>The state of a container of a pod.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Phase">Where it is in its life.</param>
/// <param name="Reason">Why it is there, such as ImagePullBackOff or OOMKilled; may be empty.</param>
/// <param name="Message">More of that; may be empty.</param>
/// <param name="ExitCode">By which it ended; null unless it did.</param>
public readonly record struct PodContainer(string Name, PodContainerPhase Phase, string Reason, string Message, int? ExitCode);

/// <summary>A condition of a pod.</summary>
/// <param name="Type">Such as PodScheduled.</param>
/// <param name="Status">True, False or Unknown.</param>
/// <param name="Reason">May be empty.</param>
/// <param name="Message">May be empty.</param>
/// <param name="Since"><c>lastTransitionTime</c>; null where there is none, or none that can be read.</param>
public readonly record struct PodCondition(string Type, string Status, string Reason, string Message, DateTimeOffset? Since);
