using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Says to people why a pod does not run yet.</summary>
internal static class WaitingText
{
    /// <param name="pod">The pod, which does not run and has not ended.</param>
    /// <param name="state">How it fares.</param>
    /// <param name="note">What an event said of it last; may be empty.</param>
    public static string Of(PodProjection pod, WorkflowPodState state, string note)
    {
        if (pod.Node.Length == 0)
        {
            foreach (PodCondition condition in state.Conditions)
            {
                if (condition is { Type: "PodScheduled", Status: not "True" }
                    && Joined(condition.Reason, condition.Message) is { Length: > 0 } why)
                {
                    return why;
                }
            }

            return note.Length > 0 ? note : "Waits for a node.";
        }

        // Init containers run one after the other, so the first that has not ended is the one that is waited for.
        foreach (PodContainer container in state.InitContainers.Concat(state.Containers))
        {
            if (container.Phase == PodContainerPhase.Waiting && container.Reason is not ("" or "ContainerCreating" or "PodInitializing"))
            {
                return $"{container.Name} waits: {Joined(container.Reason, container.Message)}";
            }
        }

        if (note.Length > 0)
        {
            return note;
        }

        foreach (PodContainer container in state.InitContainers)
        {
            if (container.Phase == PodContainerPhase.Running)
            {
                return $"Init container {container.Name} runs.";
            }
        }

        return "The node prepares the containers.";
    }

    public static string Joined(string reason, string message) =>
        reason.Length == 0 ? message : message.Length == 0 ? reason : $"{reason}: {message}";
}
