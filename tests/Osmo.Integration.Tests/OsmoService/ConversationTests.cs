using System.Text.Json.Nodes;
using Osmo.KubeSim.Faults;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Integration.Tests.OsmoService;

/// <summary>Our agent in OSMO's listener protocol: what it says and when, and that nothing is lost on the way.</summary>
public sealed class ConversationTests
{
    private static readonly string[] Channels = ["control", "event", "heartbeat", "node", "pod"];

    [Fact]
    public async Task Each_of_five_connections_says_who_connects_and_then_what_there_is()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync();
        await rig.AgreesAsync("node-0", "node-1", "node-2");
        await Eventually.HoldsAsync(
            () => rig.Service.Of("node_hash").Count > 0 && rig.Service.Of("heartbeat").Count > 0 && rig.Service.Of("init").Count == 5,
            "all have spoken");

        Assert.Equal(Channels, rig.Service.Of("init").Select(frame => frame.Channel).Order(StringComparer.Ordinal));
        foreach (IGrouping<int, ServedFrame> connection in rig.Service.Frames.GroupBy(frame => frame.Connection))
        {
            Assert.Equal(["logging", "init"], connection.Take(2).Select(frame => frame.Type));
            ServedFrame init = connection.ElementAt(1);
            Assert.Equal(
                (rig.Cluster.KubeSystemUid, "osmo-wf", "6.4.0", "osmo.nvidia.com/"),
                (init.Text("k8s_uid"), init.Text("k8s_namespace"), init.Text("version"), init.Text("node_condition_prefix")));
        }

        ServedFrame names = rig.Service.Of("node_hash")[0];
        Assert.Equal("[\"node-0\",\"node-1\",\"node-2\"]", names.Body["node_hashes"]!.ToJsonString());
        Assert.All(rig.Service.Requests, request => Assert.Equal("agent", request.Header("x-osmo-user")));
        Assert.All(rig.Service.Requests, request => Assert.Equal("osmo-operator/6.4.0", request.Header("user-agent")));
    }

    [Fact]
    public async Task Flips_deletions_and_odd_nodes_arrive()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(cluster: cluster =>
        {
            JsonObject bare = NodeJson.Small("bare", 0);
            bare["metadata"]!.AsObject().Remove("labels");
            bare["status"] = new JsonObject();
            cluster.AddNode(bare);
            JsonObject odd = NodeJson.Small("odd", 0);
            odd["status"]!["allocatable"] = new JsonObject { ["cpu"] = "7500m", ["memory"] = "129e6" };
            cluster.AddNode(odd);
        });
        await rig.AgreesAsync("bare", "node-0", "node-1", "node-2", "odd");
        rig.Cluster.SetCondition("node-0", "Ready", "Unknown");
        rig.Cluster.Cordon("node-1");
        rig.Cluster.RemoveNode("node-2");
        await rig.AgreesAsync("bare", "-node-0", "-node-1", "odd");
        rig.Cluster.SetCondition("node-0", "Ready", "True");
        rig.Cluster.Cordon("node-1", unschedulable: false);
        await rig.AgreesAsync("bare", "node-0", "node-1", "odd");
        Assert.Equal("7", (string?)rig.Service.Rows.Resource("odd")!["allocatable_fields"]!["cpu"]);
    }

    [Fact]
    public async Task The_window_holds_and_a_restarted_service_gets_first_what_it_has_not_acknowledged()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(
            nodes: 12, service => service.AcknowledgesNodes = false, options => options with
            {
                Listener = options.Listener with { MaxUnackedMessages = 5 },
            });
        await Eventually.HoldsAsync(() => OnNode(rig).Count == 5, "the window is full");
        List<string> first = [.. OnNode(rig).Select(frame => frame.Id)];
        rig.Cluster.SetCondition("node-0", "Ready", "False");
        rig.Cluster.RemoveNode("node-11");

        await rig.Service.StopListeningAsync();
        await rig.Service.ListenAsync();
        await Eventually.HoldsAsync(() => OnNode(rig).Count == 10, "they were sent again", () => rig.State);
        Assert.Equal(first, OnNode(rig).Skip(5).Select(frame => frame.Id));

        rig.Service.AcknowledgesNodes = true;
        await rig.Service.StopListeningAsync();
        await rig.Service.ListenAsync();
        await rig.AgreesAsync([.. Enumerable.Range(0, 11).Select(i => i == 0 ? "-node-0" : $"node-{i}").Order(ByName)]);

        // What is acknowledged does not come again, however often the connection breaks.
        await Eventually.HoldsAsync(() => rig.State.UnackedBatches == 0, "all is acknowledged");
        int before = OnNode(rig).Count;
        await rig.Service.StopListeningAsync();
        await rig.Service.ListenAsync();
        rig.Cluster.SetCondition("node-1", "Ready", "False");
        await Eventually.HoldsAsync(() => !rig.Service.Rows.Available["node-1"], "the change arrives");
        Assert.Equal(["node-1"], OnNode(rig).Skip(before).Where(frame => frame.Type == "resource").Select(frame => frame.Text("hostname")));
        Assert.Empty(rig.Service.Violations);
    }

    [Fact]
    public async Task Both_forms_of_a_push_are_taken_and_others_ignored()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(
            service: service => service.Conditions = ServiceRig.Lists(["GpuHealthy"], []),
            cluster: cluster =>
            {
                cluster.SetCondition("node-0", "GpuHealthy", "True");
                cluster.SetCondition("node-1", "GpuHealthy", "False");
                cluster.SetCondition("node-2", "DiskPressure", "True");
            });
        await rig.AgreesAsync("node-0", "-node-1", "-node-2");
        await rig.Service.PushAsync(ServiceRig.Rules(("^Gpu", "True|False"), ("^Ready$", "True")));
        await rig.AgreesAsync("node-0", "node-1", "node-2");
        await rig.Service.PushAsync(ServiceRig.Lists([], ["Gpu*", "DiskPressure"]));
        rig.Cluster.SetCondition("node-0", "Ready", "Unknown");
        await rig.AgreesAsync("-node-0", "node-1", "node-2");

        await rig.Service.SendAsync("control", "no JSON at all");
        await rig.Service.SendAsync("control", """{"type":"surprise","body":{},"uuid":"1"}""");
        await rig.Service.SendAsync("control", """{"type":"ack","body":{"uuid":"1"},"uuid":"1","more":1}""");
        await rig.Service.PushAsync(new JsonObject { ["rules"] = new JsonObject { ["Ready"] = "False" } });
        await Eventually.HoldsAsync(
            () => rig.Service.Of("logging").Any(line => (int)line.Body["type"]! == 40), "the refusal is told to the service");
        rig.Cluster.SetCondition("node-1", "Ready", "Unknown");
        await rig.AgreesAsync("-node-0", "-node-1", "node-2");
        Assert.Equal(1, rig.State.Connections);
    }

    [Fact]
    public async Task The_first_pass_is_by_the_conditions_of_the_backends_own_configuration()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(
            service: service => service.Configuration = new JsonObject
            {
                ["name"] = "isaac",
                ["node_conditions"] = new JsonObject
                {
                    ["additional_node_conditions"] = new JsonArray("GpuHealthy"),
                    ["ignore_node_conditions"] = new JsonArray("DiskPressure"),
                    ["prefix"] = "osmo.nvidia.com/",
                },
            },
            cluster: cluster =>
            {
                cluster.SetCondition("node-0", "GpuHealthy", "True");
                cluster.SetCondition("node-1", "GpuHealthy", "False");
                cluster.SetCondition("node-2", "DiskPressure", "True");
            });
        await rig.AgreesAsync("node-0", "-node-1", "node-2");
        Assert.Equal(3, rig.Service.Of("resource").Count);
    }

    [Fact]
    public async Task What_pods_request_is_told_and_told_anew_when_it_changes()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(
            cluster: cluster =>
            {
                cluster.SetPod(ServiceRig.Pod("task", "node-0", requests: [("cpu", "500m"), ("memory", "2Gi"), ("nvidia.com/gpu", "2")]));
                cluster.SetPod(ServiceRig.Pod("dns", "node-0", "kube-system", ("cpu", "100m"), ("memory", "70Mi")));
            },
            options: options => options with { Listener = options.Listener with { ListPodsPageItems = 1 } });
        await UsesAsync(rig, "node-0", "cpu", "1", "1");
        await UsesAsync(rig, "node-0", "memory", "2168832Ki", "71680Ki");
        await UsesAsync(rig, "node-0", "nvidia.com/gpu", "2", "0");
        await UsesAsync(rig, "node-1", "cpu", "0", "0");

        rig.Cluster.SetPod(ServiceRig.Pod("more", "node-1", requests: [("nvidia.com/gpu", "8")]));
        await UsesAsync(rig, "node-1", "nvidia.com/gpu", "8", "0");
        Assert.True(rig.Cluster.RemovePod("osmo-wf", "task"));
        await UsesAsync(rig, "node-0", "nvidia.com/gpu", "0", "0");

        // The watch's version expires while it is cut: a fresh list shows what was missed.
        rig.Kube.Faults.FailAll("watch pods", FaultResponse.ServiceUnavailable);
        rig.Kube.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        rig.Cluster.SetPod(ServiceRig.Pod("missed", "node-2", "other", ("nvidia.com/gpu", "4")));
        rig.Cluster.CompactPods();
        rig.Kube.Faults.Clear();
        await UsesAsync(rig, "node-2", "nvidia.com/gpu", "4", "4");
        Assert.Empty(rig.Service.Violations);
    }

    [Fact]
    public async Task Without_the_right_to_see_pods_nodes_are_reported_all_the_same()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(nodes: 0);
        rig.Kube.Faults.RevokeRights("list pods");
        rig.Cluster.AddNode(NodeJson.Small("node-0", 0));
        await rig.AgreesAsync("node-0");
        rig.Kube.Faults.RestoreRights();
        rig.Cluster.SetPod(ServiceRig.Pod("task", "node-0", requests: ("cpu", "1")));
        await UsesAsync(rig, "node-0", "cpu", "1", "0");
    }

    private static StringComparer ByName => StringComparer.Ordinal;

    private static List<ServedFrame> OnNode(ServiceRig rig) =>
        [.. rig.Service.Frames.Where(frame => frame.Channel == "node" && frame.Type is not ("logging" or "init"))];

    private static Task UsesAsync(ServiceRig rig, string node, string resource, string all, string nonWorkflow) => Eventually.HoldsAsync(
        () => rig.Service.Rows.Used(node, resource) == all && rig.Service.Rows.Used(node, resource, nonWorkflow: true) == nonWorkflow,
        $"{node} uses {all} of {resource}, {nonWorkflow} beside workflows",
        () => $"{rig.Service.Rows.Used(node, resource)} and {rig.Service.Rows.Used(node, resource, nonWorkflow: true)}; {rig.State}");
}
