using System.Text.Json.Nodes;
using Osmo.KubeSim.Faults;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Integration.Tests.OsmoService;

/// <summary>How workflows' pods fare, from the API server to a service that speaks OSMO's listener protocol.</summary>
public sealed class WorkflowPodTests
{
    [Fact]
    public async Task A_task_is_told_of_from_its_queue_to_its_end()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync();
        PodJson pod = new("a", retry: "2");
        await ToldAsync(rig, pod, "SCHEDULING");
        await ToldAsync(rig, pod.Unschedulable("0/3 nodes are available"), "SCHEDULING");
        await WaitsAsync(rig, "Unschedulable: 0/3 nodes are available");
        await ToldAsync(rig, pod.Scheduled("node-1"), "SCHEDULING", "INITIALIZING");
        rig.Cluster.SetEvent(pod.Event("Pulling", "Pulling image \"x\""));
        await WaitsAsync(rig, "Pulling image \"x\"");
        await ToldAsync(rig, pod.Running("10.9.8.7"), "SCHEDULING", "INITIALIZING", "RUNNING");
        await ToldAsync(rig, pod.Ended(0), "SCHEDULING", "INITIALIZING", "RUNNING", "COMPLETED");
        Assert.True(rig.Cluster.RemovePod("osmo-wf", "a"));

        PodJson other = new PodJson("b", retry: null).Scheduled().Running();
        await ToldAsync(rig, other, "RUNNING");
        Assert.Equal(4, Updates(rig, "a").Count);
        JsonObject last = Updates(rig, "a")[^1];
        Assert.Equal(
            ("workflow-of-a", 2, "main", "node-1", "10.9.8.7", "isaac", 0),
            ((string?)last["workflow_uuid"], (int)last["retry_id"]!, (string?)last["container"], (string?)last["node"],
                (string?)last["pod_ip"], (string?)last["backend"], (int)last["exit_code"]!));
        Assert.Equal(0, (int)Updates(rig, "b")[0]["retry_id"]!);
        await Eventually.HoldsAsync(
            () => rig.Service.Of("pod_conditions").Any(
                frame => frame.Text("task_uuid") == "task-of-a" && Ready(frame) is { } ready && (string?)ready["reason"] == "PodCompleted"),
            "its last conditions are told");
        Assert.Equal(
            rig.Service.Of("pod_conditions").Count,
            rig.Service.Of("pod_conditions").Select(frame => frame.Body.ToJsonString()).Distinct().Count());
        Assert.Empty(rig.Service.Violations);
    }

    [Theory]
    [InlineData("exit", "FAILED", 17)]
    [InlineData("image", "FAILED_IMAGE_PULL", null)]
    [InlineData("start", "FAILED_START_ERROR", 3003)]
    [InlineData("evicted", "FAILED_EVICTED", 3004)]
    [InlineData("preempted", "FAILED_PREEMPTED", 3006)]
    [InlineData("lost", "FAILED_BACKEND_ERROR", 3001)]
    [InlineData("deleted", "FAILED_BACKEND_ERROR", 3001)]
    public async Task A_failure_has_its_name_and_code_and_is_told_once(string failure, string status, int? exitCode)
    {
        await using ServiceRig rig = await ServiceRig.StartAsync();
        PodJson pod = new PodJson("a").Scheduled();
        await ToldAsync(rig, pod, "INITIALIZING");
        if (failure is not ("image" or "start"))
        {
            rig.Cluster.SetPod(pod.Running().Json);
        }

        if (failure != "deleted")
        {
            rig.Cluster.SetPod(Fail(pod, failure).Json);
        }

        rig.Cluster.RemovePod("osmo-wf", "a");
        await Eventually.HoldsAsync(() => Updates(rig, "a").Any(update => (string?)update["status"] == status), $"it is {status}");
        await ToldAsync(rig, new PodJson("next"), "SCHEDULING");
        JsonObject last = Updates(rig, "a")[^1];
        Assert.Equal((status, exitCode), ((string?)last["status"], (int?)last["exit_code"]));
        Assert.NotEqual("", (string?)last["message"]);
        Assert.Single(Updates(rig, "a"), update => ((string)update["status"]!).StartsWith("FAILED", StringComparison.Ordinal));
        Assert.Empty(rig.Service.Violations);
    }

    [Fact]
    public async Task A_service_that_was_away_gets_what_it_has_not_acknowledged_and_then_what_happened()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(service: service => service.SilentChannel = "pod");
        PodJson pod = new PodJson("a").Scheduled();
        await ToldAsync(rig, pod, "INITIALIZING");
        await Eventually.HoldsAsync(() => OnPods(rig).Count == 2, "why it waits is told");
        List<string> first = [.. OnPods(rig).Select(frame => frame.Id)];

        await rig.Service.StopListeningAsync();
        rig.Cluster.SetPod(pod.Running().Json);
        rig.Cluster.SetPod(pod.Ended(5).Json);
        Assert.True(rig.Cluster.RemovePod("osmo-wf", "a"));
        rig.Service.SilentChannel = null;
        await rig.Service.ListenAsync();
        await Eventually.HoldsAsync(() => OnPods(rig).Count >= 6, "all has arrived", () => OnPods(rig).Count);
        Assert.Equal(first, OnPods(rig).Skip(2).Take(2).Select(frame => frame.Id));
        Assert.Equal(
            ["INITIALIZING", "RUNNING", "FAILED"],
            OnPods(rig).Skip(2).Where(frame => frame.Type == "update_pod").Select(frame => frame.Text("status")));

        // What is acknowledged does not come again.
        await Eventually.HoldsAsync(() => rig.State.UnackedBatches == 0, "all is acknowledged");
        int before = OnPods(rig).Count;
        await rig.Service.StopListeningAsync();
        await rig.Service.ListenAsync();
        await ToldAsync(rig, new PodJson("b").Scheduled().Running(), "RUNNING");
        Assert.Equal(before + 1, OnPods(rig).Count);
        Assert.Empty(rig.Service.Violations);
    }

    [Fact]
    public async Task After_a_restart_of_the_agent_all_pods_there_are_are_told_again()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync();
        await ToldAsync(rig, new PodJson("runs").Scheduled().Running(), "RUNNING");
        await ToldAsync(rig, new PodJson("done").Scheduled().Running().Ended(0), "COMPLETED");
        await ToldAsync(rig, new PodJson("goes").Scheduled().Running(), "RUNNING");
        await rig.StopAgentAsync();
        rig.Cluster.RemovePod("osmo-wf", "goes");
        rig.StartAgent();
        await Eventually.HoldsAsync(
            () => Updates(rig, "runs").Count == 2 && Updates(rig, "done").Count == 2, "both are told again", () => rig.State);
        Assert.Single(Updates(rig, "goes"));
    }

    [Fact]
    public async Task What_happened_while_the_API_server_was_away_is_told_afterwards()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(
            options: options => options with { Listener = options.Listener with { ListPodsPageItems = 1 } });
        PodJson stays = new PodJson("stays").Scheduled();
        await ToldAsync(rig, stays, "INITIALIZING");
        await ToldAsync(rig, new PodJson("goes").Scheduled().Running(), "RUNNING");
        rig.Kube.Faults.FailAll("watch pods", FaultResponse.ServiceUnavailable);
        rig.Kube.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        rig.Cluster.RemovePod("osmo-wf", "goes");
        rig.Cluster.SetPod(stays.Running().Json);
        rig.Cluster.CompactPods();
        rig.Kube.Faults.Clear();
        await Eventually.HoldsAsync(() => Updates(rig, "goes").Count == 2 && Updates(rig, "stays").Count == 2, "both are told");
        Assert.Equal("FAILED_BACKEND_ERROR", (string?)Updates(rig, "goes")[1]["status"]);
        Assert.Equal("RUNNING", (string?)Updates(rig, "stays")[1]["status"]);
        Assert.Empty(rig.Service.Violations);
    }

    [Fact]
    public async Task Events_about_workflows_pods_are_told_and_told_again_when_they_come_again()
    {
        PodJson old = new PodJson("old").Scheduled().Running();
        await using ServiceRig rig = await ServiceRig.StartAsync(cluster: cluster =>
        {
            cluster.SetPod(old.Json);
            cluster.SetEvent(old.Event("Started", "Started container main"));
        });
        await EventsAsync(rig, "old Started");
        PodJson pod = new("a");
        rig.Cluster.SetEvent(pod.Event("FailedScheduling", "0/3", type: "Warning"));
        rig.Cluster.SetPod(pod.Json);
        await EventsAsync(rig, "old Started", "a FailedScheduling");
        rig.Cluster.SetEvent(pod.Event("FailedScheduling", "0/3", "2026-11-21T18:40:00Z", "Warning", count: 2));
        rig.Cluster.SetEvent(pod.Event("FailedScheduling", "0/3", "2026-11-21T18:40:00Z", "Warning", count: 2));
        rig.Cluster.SetEvent(new PodJson("web").Event("Started", "no workflow's"));
        rig.Cluster.SetEvent(new PodJson("a", ns: "other").Event("Started", "of another namespace"));
        await EventsAsync(rig, "old Started", "a FailedScheduling", "a FailedScheduling");

        // The watch of events is cut and its version expires: a list shows what was missed, and repeats nothing.
        rig.Kube.Faults.FailAll("watch events", FaultResponse.ServiceUnavailable);
        rig.Kube.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        rig.Cluster.SetEvent(pod.Event("Scheduled", "to node-0"));
        rig.Cluster.CompactEvents();
        rig.Kube.Faults.Clear();
        await EventsAsync(rig, "old Started", "a FailedScheduling", "a FailedScheduling", "a Scheduled");
        Assert.Equal("2026-11-21T18:40:00+00:00", rig.Service.Of("pod_event")[2].Text("timestamp"));
        Assert.Empty(rig.Service.Violations);
    }

    [Fact]
    public async Task Without_the_right_to_see_events_all_else_is_told_and_the_right_is_asked_for_once()
    {
        PodJson pod = new("a");
        await using ServiceRig rig = await ServiceRig.StartAsync(
            kube: kube => kube.Faults.RevokeRights("list events", "watch events"));
        await ToldAsync(rig, pod, "SCHEDULING");
        await rig.AgreesAsync("node-0", "node-1", "node-2");
        await Eventually.HoldsAsync(() => rig.Kube.Requests.Of("list events") >= 4, "it was tried several times");
        await Eventually.HoldsAsync(() => Asked() == 1, "it is told what to grant");
        rig.Cluster.SetEvent(pod.Event("FailedScheduling", "0/3", type: "Warning"));
        rig.Kube.Faults.RestoreRights();
        await EventsAsync(rig, "a FailedScheduling");
        Assert.Equal(1, Asked());

        int Asked() => rig.Service.Of("logging").Count(
            line => line.Text("text")!.Contains("Grant get, list and watch on events", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pod_with_odd_labels_is_named_and_hides_no_other()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(cluster: cluster =>
        {
            cluster.SetPod(new PodJson("odd", retry: "first").Scheduled().Json);
            JsonObject bare = new PodJson("bare").Json;
            bare["status"] = new JsonArray(7);
            bare["spec"] = "none";
            cluster.SetPod(bare);
        });
        await ToldAsync(rig, new PodJson("a"), "SCHEDULING");
        await Eventually.HoldsAsync(
            () => rig.Service.Of("logging").Any(line => line.Text("text")!.Contains("Pod odd ", StringComparison.Ordinal)), "it is named");
        Assert.Empty(Updates(rig, "odd"));
        Assert.Equal("SCHEDULING", (string?)Updates(rig, "bare")[0]["status"]);
        Assert.Empty(rig.Service.Violations);
    }

    private static PodJson Fail(PodJson pod, string failure) => failure switch
    {
        "exit" => pod.Ended(17),
        "image" => pod.Waits(PodJson.Main, "ImagePullBackOff", "Back-off pulling image \"x\""),
        "start" => pod.Waits(PodJson.Main, "CreateContainerConfigError", "secret \"x\" not found"),
        "evicted" => pod.Ended(137).Phase("Failed", "Evicted", "The node was low on resource: memory."),
        "preempted" => pod.BeingDeleted().Condition("DisruptionTarget", "True", "PreemptionByScheduler", "preempted"),
        _ => pod.Phase("Failed").Condition("DisruptionTarget", "True", "DeletionByPodGC", "the node is gone"),
    };

    private static JsonObject? Ready(ServedFrame frame) => frame.Body["conditions"]!.AsArray()
        .Select(condition => condition!.AsObject()).SingleOrDefault(condition => (string?)condition["type"] == "Ready");

    private static List<ServedFrame> OnPods(ServiceRig rig) =>
        [.. rig.Service.Frames.Where(frame => frame.Channel == "pod" && frame.Type is not ("logging" or "init"))];

    private static List<JsonObject> Updates(ServiceRig rig, string pod) =>
        [.. rig.Service.Of("update_pod").Where(frame => frame.Text("task_uuid") == $"task-of-{pod}").Select(frame => frame.Body)];

    private static Task WaitsAsync(ServiceRig rig, string text) => Eventually.HoldsAsync(
        () => Why(rig) == text, $"it is told that {text}", () => Why(rig));

    private static string? Why(ServiceRig rig) => rig.Service.Of("monitor_pod") is [.., { } last] ? last.Text("message") : null;

    private static Task EventsAsync(ServiceRig rig, params string[] events) => Eventually.HoldsAsync(
        () => rig.Service.Of("pod_event").Select(frame => $"{frame.Text("pod_name")} {frame.Text("reason")}").SequenceEqual(events),
        $"the events are {string.Join(", ", events)}",
        () => string.Join(", ", rig.Service.Of("pod_event").Select(frame => $"{frame.Text("pod_name")} {frame.Text("reason")}")));

    /// <summary>Writes the pod as it is now, and waits until the service has these statuses of it.</summary>
    private static Task ToldAsync(ServiceRig rig, PodJson pod, params string[] statuses)
    {
        rig.Cluster.SetPod(pod.Json);
        return Eventually.HoldsAsync(
            () => Updates(rig, pod.Name).Select(update => (string?)update["status"]).SequenceEqual(statuses),
            $"{pod.Name} is told to be {string.Join(", ", statuses)}",
            () => string.Join(", ", Updates(rig, pod.Name).Select(update => (string?)update["status"])));
    }
}
