using System.Globalization;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Which attempt at which task a pod is.</summary>
/// <param name="WorkflowUuid">The workflow.</param>
/// <param name="TaskUuid">The task.</param>
/// <param name="RetryId">The attempt, from 0.</param>
internal readonly record struct TaskKey(string WorkflowUuid, string TaskUuid, int RetryId)
{
    /// <summary>Reads the labels; what is wrong with them, or null.</summary>
    public static string? Read(WorkflowPodState state, out TaskKey key)
    {
        int retry = 0;
        bool isUsable = state.RetryId.Length == 0
            || int.TryParse(state.RetryId, NumberStyles.None, CultureInfo.InvariantCulture, out retry);
        key = new TaskKey(state.WorkflowUuid, state.TaskUuid, retry);
        return isUsable ? null : $"its label osmo.retry_id is \"{ShortText.Of(state.RetryId, 64)}\", which is no number from 0";
    }
}
