using Osmo.Agent;
using Osmo.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Workflows;

/// <summary>What holds of every pod, however odd.</summary>
internal static class TotalRules
{
    public static void Hold(PodProjection pod, WorkflowPodState state)
    {
        TaskDecision now = TaskStatusRules.Of(pod, state);
        TaskDecision gone = TaskStatusRules.OfGone(pod, state);
        Assert.True(gone.IsFinal && TaskStatusRules.OfOverdue(pod, state).IsFinal);
        Assert.Equal(now.IsFinal, now.Status is not ("SCHEDULING" or "INITIALIZING" or "RUNNING"));
        Assert.True(now.IsFinal || now.ExitCode is null);
        Assert.False(now.Status == "COMPLETED" && now.ExitCode != 0);
        Assert.False(now.Status.StartsWith("FAILED", StringComparison.Ordinal) && now.ExitCode == 0);
        Assert.NotEmpty(WaitingText.Of(pod, state, ""));
    }
}
