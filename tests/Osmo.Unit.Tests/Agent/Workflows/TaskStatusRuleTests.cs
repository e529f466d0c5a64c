using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Workflows;

/// <summary>Which state of a pod is which status of its task: the table that the documentation promises.</summary>
public sealed class TaskStatusRuleTests
{
    private const string Bare = "{}";

    public static readonly TheoryData<string, Func<PodJson, PodJson>, string> Living = new()
    {
        { "new", pod => pod, "SCHEDULING" },
        { "unschedulable", pod => pod.Unschedulable(), "SCHEDULING" },
        { "a node is found", pod => pod.Scheduled(), "INITIALIZING" },
        { "an image is pulled for the first time", pod => pod.Scheduled().Waits(PodJson.Main, "ErrImagePull"), "INITIALIZING" },
        { "the init container has failed and may try again", pod => pod.Scheduled().Ends(PodJson.Init, 1, "Error"), "INITIALIZING" },
        { "the init container falls again and again", pod => pod.Scheduled().Waits(PodJson.Init, "CrashLoopBackOff"), "INITIALIZING" },
        { "everything runs", pod => pod.Scheduled().Running(), "RUNNING" },
        { "the program has ended, its helper has not", pod => pod.Scheduled().Running().Ends(PodJson.Main, 1, "Error"), "RUNNING" },
        { "the program falls again and again", pod => pod.Scheduled().Running().Waits(PodJson.Main, "CrashLoopBackOff"), "RUNNING" },
        { "the node does not answer", pod => pod.Scheduled().Running().Phase("Unknown"), "RUNNING" },
        { "the node never answered", pod => pod.Scheduled().Phase("Unknown"), "INITIALIZING" },
        { "it is to be deleted", pod => pod.Scheduled().Running().BeingDeleted(), "RUNNING" },
        {
            "it is to be evicted",
            pod => pod.Scheduled().Running().BeingDeleted().Condition("DisruptionTarget", "True", "EvictionByEvictionAPI"),
            "RUNNING"
        },
    };

    public static readonly TheoryData<string, Func<PodJson, PodJson>, string, int?, string> Ended = new()
    {
        { "success", pod => pod.Scheduled().Running().Ended(0), "COMPLETED", 0, "main" },
        { "the program fails", pod => pod.Scheduled().Running().Ended(17), "FAILED", 17, "main" },
        { "its helper fails", pod => pod.Scheduled().Running().Ended(0, control: 3), "FAILED", 3, "osmo-ctrl" },
        { "the highest of two exit codes", pod => pod.Scheduled().Running().Ended(17, control: 99), "FAILED", 99, "osmo-ctrl" },
        { "out of memory", pod => pod.Scheduled().Running().Ended(137, reason: "OOMKilled"), "FAILED", 137, "main" },
        { "the image is not there", pod => pod.Scheduled().Waits(PodJson.Main, "ImagePullBackOff"), "FAILED_IMAGE_PULL", null, "main" },
        {
            "the image has no name",
            pod => pod.Scheduled().Waits(PodJson.Control, "InvalidImageName"),
            "FAILED_IMAGE_PULL", null, "osmo-ctrl"
        },
        {
            "the init container's image",
            pod => pod.Scheduled().Waits(PodJson.Init, "ErrImageNeverPull"),
            "FAILED_IMAGE_PULL", null, "osmo-init"
        },
        {
            "a secret is missing",
            pod => pod.Scheduled().Waits(PodJson.Main, "CreateContainerConfigError"),
            "FAILED_START_ERROR", 3003, "main"
        },
        { "it cannot be created", pod => pod.Scheduled().Waits(PodJson.Main, "CreateContainerError"), "FAILED_START_ERROR", 3003, "main" },
        { "no such program", pod => pod.Scheduled().Running().Ends(PodJson.Main, 128, "StartError"), "FAILED_START_ERROR", 3003, "main" },
        {
            "no such program, all over",
            pod => pod.Scheduled().Running().Ended(127, reason: "ContainerCannotRun"),
            "FAILED_START_ERROR", 3003, "main"
        },
        {
            "the init container fails",
            pod => pod.Scheduled().Ends(PodJson.Init, 1, "Error").Phase("Failed"),
            "FAILED_START_ERROR", 3003, "osmo-init"
        },
        {
            "evicted by the kubelet",
            pod => pod.Scheduled().Running().Ended(137).Phase("Failed", "Evicted", "The node was low on resource: memory."),
            "FAILED_EVICTED", 3004, "main"
        },
        {
            "evicted over the API",
            pod => pod.Scheduled().Running().Ended(143).BeingDeleted().Condition("DisruptionTarget", "True", "EvictionByEvictionAPI"),
            "FAILED_EVICTED", 3004, "main"
        },
        {
            "evicted, and went in good order",
            pod => pod.Scheduled().Running().Ended(0).BeingDeleted().Condition("DisruptionTarget", "True", "EvictionByEvictionAPI"),
            "FAILED_EVICTED", 3004, "main"
        },
        {
            "done in spite of an eviction that never was",
            pod => pod.Scheduled().Running().Ended(0).Condition("DisruptionTarget", "True", "EvictionByEvictionAPI"),
            "COMPLETED", 0, "main"
        },
        {
            "a taint that it does not bear",
            pod => pod.Scheduled().Running().Ended(143).Condition("DisruptionTarget", "True", "DeletionByTaintManager"),
            "FAILED_EVICTED", 3004, "main"
        },
        {
            "the node is shut down",
            pod => pod.Scheduled().Running().Ended(143).Phase("Failed", "Terminated", "Pod was terminated for a node shutdown."),
            "FAILED_EVICTED", 3004, "main"
        },
        {
            "preempted",
            pod => pod.Scheduled().Running().Ended(137).BeingDeleted().Condition("DisruptionTarget", "True", "PreemptionByScheduler"),
            "FAILED_PREEMPTED", 3006, "main"
        },
        { "preempted by the kubelet", pod => pod.Scheduled().Running().Phase("Failed", "Preempting"), "FAILED_PREEMPTED", 3006, "main" },
        { "the node is lost", pod => pod.Scheduled().Running().Phase("Running", "NodeLost"), "FAILED_BACKEND_ERROR", 3001, "main" },
        {
            "the node is gone",
            pod => pod.Scheduled().Running().Phase("Failed").Condition("DisruptionTarget", "True", "DeletionByPodGC"),
            "FAILED_BACKEND_ERROR", 3001, "main"
        },
        {
            "nobody finds the container",
            pod => pod.Scheduled().Running().Ended(137, reason: "ContainerStatusUnknown"),
            "FAILED_BACKEND_ERROR", 3001, "main"
        },
        {
            "the node does not take it",
            pod => pod.Scheduled().Phase("Failed", "UnexpectedAdmissionError", "Allocate failed due to no healthy devices"),
            "FAILED_BACKEND_ERROR", 3001, "main"
        },
        {
            "too long",
            pod => pod.Scheduled().Running().Ended(143).Phase("Failed", "DeadlineExceeded"),
            "FAILED_EXEC_TIMEOUT", null, "main"
        },
    };

    public static readonly TheoryData<string, Func<PodJson, PodJson>, string, int?> Gone = new()
    {
        { "while it ran", pod => pod.Scheduled().Running(), "FAILED_BACKEND_ERROR", 3001 },
        { "before it ran", pod => pod.Scheduled(), "FAILED_BACKEND_ERROR", 3001 },
        { "before it had a node", pod => pod, "FAILED_BACKEND_ERROR", 3001 },
        { "all containers have ended well", pod => pod.Scheduled().Running().Ended(0).Phase("Running"), "COMPLETED", 0 },
        { "one has not", pod => pod.Scheduled().Running().Ends(PodJson.Main, 0, "Completed"), "FAILED_BACKEND_ERROR", 3001 },
        { "a container has failed", pod => pod.Scheduled().Running().Ends(PodJson.Main, 143, "Error").BeingDeleted(), "FAILED", 143 },
        {
            "preempted",
            pod => pod.Scheduled().Running().BeingDeleted().Condition("DisruptionTarget", "True", "PreemptionByScheduler"),
            "FAILED_PREEMPTED", 3006
        },
        {
            "evicted",
            pod => pod.Scheduled().Running().BeingDeleted().Condition("DisruptionTarget", "True", "EvictionByEvictionAPI"),
            "FAILED_EVICTED", 3004
        },
    };

    [Theory]
    [MemberData(nameof(Living), DisableDiscoveryEnumeration = true)]
    public void A_pod_that_lives_has_no_final_status(string situation, Func<PodJson, PodJson> live, string status)
    {
        TaskDecision decision = Decide(live);
        Assert.Equal((situation, status, false, null), (situation, decision.Status, decision.IsFinal, decision.ExitCode));
    }

    [Theory]
    [MemberData(nameof(Ended), DisableDiscoveryEnumeration = true)]
    public void A_pod_that_is_over_has_one(string situation, Func<PodJson, PodJson> live, string status, int? exitCode, string container)
    {
        TaskDecision decision = Decide(live);
        Assert.Equal((situation, status, true, exitCode), (situation, decision.Status, decision.IsFinal, decision.ExitCode));
        Assert.True(decision.Message.Length > 0 || status == "COMPLETED", "it says why");
        PodProjection pod = live(new PodJson("p")).Read();
        Assert.Equal(container, decision.Container.Length > 0 ? decision.Container : pod.Workflow!.FirstContainer);
        if (pod.Phase is "Succeeded" or "Failed")
        {
            Assert.Equal(status, TaskStatusRules.OfGone(pod, pod.Workflow!).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Gone), DisableDiscoveryEnumeration = true)]
    public void A_pod_that_is_gone_is_judged_by_what_was_seen_last(
        string situation, Func<PodJson, PodJson> live, string status, int? exitCode)
    {
        PodProjection pod = live(new PodJson("p")).Read();
        TaskDecision decision = TaskStatusRules.OfGone(pod, pod.Workflow!);
        Assert.Equal((situation, status, true, exitCode), (situation, decision.Status, decision.IsFinal, decision.ExitCode));
    }

    [Fact]
    public void A_deletion_without_end_is_a_lost_node_unless_something_else_began_it()
    {
        PodProjection lost = new PodJson("p").Scheduled().Running().BeingDeleted().Read();
        Assert.Equal("FAILED_BACKEND_ERROR", TaskStatusRules.OfOverdue(lost, lost.Workflow!).Status);
        PodProjection evicted = new PodJson("p").Scheduled().Running().BeingDeleted()
            .Condition("DisruptionTarget", "True", "DeletionByTaintManager").Read();
        Assert.Equal("FAILED_EVICTED", TaskStatusRules.OfOverdue(evicted, evicted.Workflow!).Status);
    }

    [Fact]
    public void A_pod_of_which_nothing_is_said_waits_for_a_node()
    {
        PodProjection pod = ReadPods.Read(System.Text.Json.Nodes.JsonNode.Parse(
            $$$"""{"metadata":{"name":"p","labels":{"osmo.workflow_uuid":"w","osmo.task_uuid":"t"}},"spec":{{{Bare}}}}""")!.AsObject());
        Assert.Equal("SCHEDULING", TaskStatusRules.Of(pod, pod.Workflow!).Status);
    }

    [Theory]
    [MemberData(nameof(Texts), DisableDiscoveryEnumeration = true)]
    public void Why_a_pod_waits_is_said_in_words(Func<PodJson, PodJson> live, string note, string text)
    {
        PodProjection pod = live(new PodJson("p")).Read();
        Assert.Equal(text, WaitingText.Of(pod, pod.Workflow!, note));
    }

    public static readonly TheoryData<Func<PodJson, PodJson>, string, string> Texts = new()
    {
        { pod => pod, "", "Waits for a node." },
        { pod => pod, "0/3 nodes are available", "0/3 nodes are available" },
        { pod => pod.Unschedulable("0/3 nodes"), "", "Unschedulable: 0/3 nodes" },
        { pod => pod.Condition("PodScheduled", "False", "SchedulingGated"), "", "SchedulingGated" },
        { pod => pod.Scheduled(), "", "The node prepares the containers." },
        { pod => pod.Scheduled(), "Pulling image \"x\"", "Pulling image \"x\"" },
        { pod => pod.Scheduled().Waits(PodJson.Main, "ErrImagePull", "no such host"), "note", "main waits: ErrImagePull: no such host" },
        { pod => pod.Scheduled().Waits(PodJson.Init, "CrashLoopBackOff"), "", "osmo-init waits: CrashLoopBackOff" },
    };

    private static TaskDecision Decide(Func<PodJson, PodJson> live)
    {
        PodProjection pod = live(new PodJson("p")).Read();
        return TaskStatusRules.Of(pod, pod.Workflow!);
    }
}
