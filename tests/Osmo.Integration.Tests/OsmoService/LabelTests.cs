using System.Collections.Concurrent;
using Osmo.Agent;
using Osmo.KubeSim;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.OsmoService;

/// <summary>Labels by the agent's own verdict, where the service leaves them to it.</summary>
public sealed class LabelTests
{
    [Fact]
    public async Task Nodes_carry_the_verdict_whether_the_service_is_there_or_not()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(options: Labelling);
        await CarriesAsync(rig, "True", "True", "True");
        rig.Cluster.SetCondition("node-0", "Ready", "False");
        await CarriesAsync(rig, "False", "True", "True");
        await rig.AgreesAsync("-node-0", "node-1", "node-2");
        await Eventually.HoldsAsync(
            () => (string?)rig.Service.Rows.Resource("node-0")!["label_fields"]![ServiceRig.Label] == "False", "the label is reported");

        await rig.Service.StopListeningAsync();
        rig.Cluster.Cordon("node-1");
        rig.Cluster.SetLabel("node-2", ServiceRig.Label, "nonsense");
        await CarriesAsync(rig, "False", "False", "True");
        await rig.Service.ListenAsync();
        await rig.AgreesAsync("-node-0", "-node-1", "node-2");
    }

    [Fact]
    public async Task Other_conditions_are_other_labels()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(
            options: Labelling, cluster: cluster => cluster.SetCondition("node-1", "GpuHealthy", "True"));
        await CarriesAsync(rig, "True", "False", "True");
        await rig.Service.PushAsync(ServiceRig.Lists(["GpuHealthy"], []));
        await CarriesAsync(rig, "True", "True", "True");
        await rig.Service.PushAsync(ServiceRig.Rules(("GpuHealthy", "False")));
        await CarriesAsync(rig, "True", "False", "True");
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Without_leave_nothing_is_patched(bool isEnabled, bool isAllowed)
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(
            options: options => options with { EnableNodeLabelUpdate = isEnabled, AllowLabelPatches = isAllowed });
        ConcurrentQueue<PatchRecord> patches = new();
        rig.Cluster.Patched += patches.Enqueue;
        rig.Cluster.SetCondition("node-0", "Ready", "False");
        await rig.AgreesAsync("-node-0", "node-1", "node-2");
        Assert.Empty(patches);
        Assert.Equal(0, rig.State.LabelsWaiting);
    }

    private static AgentOptions Labelling(AgentOptions options) =>
        options with { EnableNodeLabelUpdate = true, ApiQps = 1000, ApiBurst = 1000 };

    private static Task CarriesAsync(ServiceRig rig, params string[] values) => Eventually.HoldsAsync(
        () => values.SequenceEqual(
            Enumerable.Range(0, 3).Select(i => rig.Cluster.TryGet($"node-{i}")!.Labels.GetValueOrDefault(ServiceRig.Label))),
        $"the labels are {string.Join(' ', values)}",
        () => rig.State);
}
