using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// From the state of a pod to the status of its task. What outside has done to a pod counts before what its containers say, because a
/// container that is stopped ends with an exit code of its own. Total: any state has a status.
/// </summary>
internal static class TaskStatusRules
{
    private const string Disruption = "DisruptionTarget";

    private static readonly HashSet<string> ImageReasons = new(StringComparer.Ordinal)
    {
        "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "SignatureValidationFailed",
    };

    private static readonly HashSet<string> StartReasons = new(StringComparer.Ordinal)
    {
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError",
        "PostStartHookError",
    };

    private static readonly HashSet<string> StartFailures = new(StringComparer.Ordinal) { "StartError", "ContainerCannotRun" };

    private static readonly HashSet<string> EvictionReasons = new(StringComparer.Ordinal)
    {
        "Evicted", "Terminated", "NodeShutdown", "Shutdown",
    };

    private static readonly HashSet<string> PreemptionReasons = new(StringComparer.Ordinal)
    {
        "Preempted", "Preempting", "PreemptionByScheduler", "PreemptionByKubeScheduler",
    };

    private static readonly HashSet<string> LossReasons = new(StringComparer.Ordinal) { "NodeLost", "DeletionByPodGC" };

    /// <summary>The status of a pod that exists.</summary>
    public static TaskDecision Of(PodProjection pod, WorkflowPodState state) =>
        OfStart(state) ?? OfEnd(pod, state, hasEnded: pod.Phase is "Succeeded" or "Failed") ?? OfLife(pod, state);

    /// <summary>The status of a pod that is gone, by its last state.</summary>
    public static TaskDecision OfGone(PodProjection pod, WorkflowPodState state) =>
        OfStart(state) ?? OfEnd(pod, state, hasEnded: true)
        ?? BackendError(pod.Phase == "Running" ? "The pod was deleted while it ran." : "The pod was deleted before it ran.");

    /// <summary>The status of a pod whose deletion was asked for and does not come to an end: nobody answers for its node.</summary>
    public static TaskDecision OfOverdue(PodProjection pod, WorkflowPodState state) =>
        OfOutside(state, hasEnded: true)
        ?? BackendError("The pod was to be deleted and is not, long after its time: its node does not answer.");

    /// <summary>What keeps a container from ever running, whatever the pod's phase.</summary>
    private static TaskDecision? OfStart(WorkflowPodState state)
    {
        foreach (PodContainer container in state.InitContainers.Concat(state.Containers))
        {
            if (container.Phase == PodContainerPhase.Waiting && ImageReasons.Contains(container.Reason))
            {
                return TaskDecision.Final(WorkflowTaskStatus.FailedImagePull, null, Said(container), container.Name);
            }

            if ((container.Phase == PodContainerPhase.Waiting && StartReasons.Contains(container.Reason))
                || (container.Phase == PodContainerPhase.Terminated && StartFailures.Contains(container.Reason)))
            {
                return StartError(Said(container), container.Name);
            }
        }

        return null;
    }

    /// <summary>The final status; null where nothing says how it ended.</summary>
    private static TaskDecision? OfEnd(PodProjection pod, WorkflowPodState state, bool hasEnded)
    {
        // A program that is told to stop for another pod's sake, and stops in good order, has not done its work.
        bool isDone = pod.Phase == "Succeeded" && !(state.IsBeingDeleted && Disrupted(state) is not null);
        if (!isDone && OfOutside(state, hasEnded) is { } outside)
        {
            return outside;
        }

        if (!hasEnded)
        {
            return null;
        }

        return isDone
            ? TaskDecision.Final(WorkflowTaskStatus.Completed, 0, "", Highest(state).Name)
            : OfContainers(pod, state);
    }

    /// <summary>What was done to the pod from outside.</summary>
    private static TaskDecision? OfOutside(WorkflowPodState state, bool hasEnded)
    {
        PodCondition? disruption = Disrupted(state);
        if (state.Reason == "NodeLost")
        {
            return BackendError(Said(state, disruption));
        }

        if (!hasEnded)
        {
            return null;
        }

        if (PreemptionReasons.Contains(state.Reason) || (disruption is { } asked && PreemptionReasons.Contains(asked.Reason)))
        {
            return TaskDecision.Final(WorkflowTaskStatus.FailedPreempted, WorkflowExitCode.Preempted, Said(state, disruption));
        }

        if (disruption is { } lost && LossReasons.Contains(lost.Reason))
        {
            return BackendError(Said(state, disruption));
        }

        if (EvictionReasons.Contains(state.Reason) || disruption is not null)
        {
            return TaskDecision.Final(WorkflowTaskStatus.FailedEvicted, WorkflowExitCode.Evicted, Said(state, disruption));
        }

        return state.Reason == "DeadlineExceeded"
            ? TaskDecision.Final(WorkflowTaskStatus.FailedExecTimeout, null, Said(state, disruption))
            : null;
    }

    /// <summary>How the containers of a pod that is over have ended; null where they have not.</summary>
    private static TaskDecision? OfContainers(PodProjection pod, WorkflowPodState state)
    {
        bool hasBegun = state.Containers.Any(
            container => container.Phase is PodContainerPhase.Running or PodContainerPhase.Terminated);
        PodContainer init = state.InitContainers.FirstOrDefault(
            container => container is { Phase: PodContainerPhase.Terminated, ExitCode: not (null or 0) });
        if (!hasBegun && init.ExitCode is not null)
        {
            return StartError($"Init container {Said(init)}", init.Name);
        }

        // That of a container that nobody can find any more is made up.
        PodContainer highest = Highest(state);
        if (highest is { Reason: "ContainerStatusUnknown" })
        {
            return BackendError(Said(highest), highest.Name);
        }

        if (highest.ExitCode is { } code and not 0)
        {
            return TaskDecision.Final(WorkflowTaskStatus.Failed, code, Said(highest), highest.Name);
        }

        if (pod.Phase == "Failed")
        {
            return BackendError(Said(state, null));
        }

        return highest.ExitCode == 0 && state.Containers.All(container => container.Phase == PodContainerPhase.Terminated)
            ? TaskDecision.Final(WorkflowTaskStatus.Completed, 0, "", highest.Name)
            : null;
    }

    private static TaskDecision OfLife(PodProjection pod, WorkflowPodState state)
    {
        // The phase is Unknown when the node does not answer: then what it last said of the containers counts.
        bool runs = pod.Phase == "Running"
            || (pod.Phase == "Unknown" && state.Containers.Any(container => container.Phase == PodContainerPhase.Running));
        return TaskDecision.Unfinished(
            runs ? WorkflowTaskStatus.Running
            : pod.Node.Length > 0 ? WorkflowTaskStatus.Initializing
            : WorkflowTaskStatus.Scheduling);
    }

    /// <summary>Of several exit codes the highest counts.</summary>
    private static PodContainer Highest(WorkflowPodState state) =>
        state.Containers
            .Where(container => container is { Phase: PodContainerPhase.Terminated, ExitCode: not null })
            .OrderByDescending(container => container.ExitCode)
            .FirstOrDefault();

    private static PodCondition? Disrupted(WorkflowPodState state)
    {
        foreach (PodCondition condition in state.Conditions)
        {
            if (condition is { Type: Disruption, Status: "True" })
            {
                return condition;
            }
        }

        return null;
    }

    private static TaskDecision BackendError(string message, string container = "") =>
        TaskDecision.Final(WorkflowTaskStatus.FailedBackendError, WorkflowExitCode.BackendError, message, container);

    private static TaskDecision StartError(string message, string container) =>
        TaskDecision.Final(WorkflowTaskStatus.FailedStartError, WorkflowExitCode.StartError, message, container);

    private static string Said(WorkflowPodState state, PodCondition? disruption)
    {
        string reason = state.Reason.Length > 0 ? state.Reason : disruption?.Reason ?? "";
        string message = state.Message.Length > 0 ? state.Message : disruption?.Message ?? "";
        string said = WaitingText.Joined(reason, message);
        return said.Length > 0 ? said : "The pod failed, and nothing says why.";
    }

    private static string Said(in PodContainer container)
    {
        string ended = container.ExitCode is { } code ? $"{container.Name} ended with exit code {code}" : container.Name;
        string said = WaitingText.Joined(container.Reason, container.Message);
        return said.Length > 0 ? $"{ended}: {said}" : $"{ended}.";
    }
}
