using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Grains.Nodes;
using Osmo.Grains.Serialization;
using Xunit;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>The form in which batches of reports go to their backend's silo.</summary>
public sealed class NodeReportBatchTests
{
    private const int NodesPerBatch = 250;

    private static readonly string[] Types =
    [
        "Ready", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable", "GpuHealthy", "NvLinkHealthy", "InfinibandReady",
        "KernelDeadlock", "ReadonlyFilesystem", "FrequentKubeletRestart", "XidErrors",
    ];

    private static readonly NodeLabel[] Shared =
        [.. Enumerable.Range(0, 80).Select(k => new NodeLabel($"feature.node.kubernetes.io/cpu-cpuid.{k}", "true"))];

    [Fact]
    public void What_repeats_from_node_to_node_is_sent_once()
    {
        var reports = Enumerable.Range(0, NodesPerBatch).Select(i => Report(i, facts: false)).ToImmutableArray();
        var names = reports.Sum(report => report.Name.Length + report.Uid.Length);

        var packed = ReportPacker.Pack(reports);

        // Ten bytes for each node beside its name and uid, and a kilobyte for all of them together.
        Assert.InRange(packed.Length, names, names + (NodesPerBatch * 10) + 1_024);
    }

    [Fact]
    public void Labels_that_nodes_share_are_sent_once()
    {
        const int LabelBytes = 2;
        var reports = Enumerable.Range(0, NodesPerBatch).Select(i => Report(i, facts: true)).ToImmutableArray();
        var names = reports.Sum(report => report.Name.Length + report.Uid.Length);
        var labels = reports.Sum(report => report.Facts!.Labels.Length);

        Assert.InRange(ReportPacker.Pack(reports).Length, names, names + (labels * LabelBytes) + (NodesPerBatch * 30) + 8_192);
    }

    [Fact]
    public void What_arrives_is_shared_between_nodes_and_between_batches()
    {
        var sent = new NodeReportBatch(1, [Report(0, facts: true), Report(1, facts: true)], [], true, false);

        var arrived = Wire.Send(sent).Reports;
        var next = Wire.Send(sent).Reports;

        Assert.True(arrived[0].Conditions == arrived[1].Conditions);
        Assert.Same(arrived[0].Facts!.Labels[5], arrived[1].Facts!.Labels[5]);
        Assert.Same(arrived[0].Facts!.Labels[5], next[0].Facts!.Labels[5]);
        Assert.True(arrived[0].Facts!.Capacity == arrived[1].Facts!.Capacity);
    }

    [Fact]
    public void More_combinations_of_conditions_than_are_remembered_arrive_too()
    {
        var reports = Enumerable.Range(0, 3 * ReportPacker.SetsMax)
            .Select(i => new NodeReport($"n{i}", "", false, [new ConditionPair($"C{i % (2 * ReportPacker.SetsMax)}", "True")], null, null))
            .ToImmutableArray();

        SameValue.Check(reports, ReportUnpacker.Unpack(ReportPacker.Pack(reports)));
    }

    [Fact]
    public void Packed_reports_look_as_builds_before_wrote_them()
    {
        const string Before = "\u0003\u0007\u0002n1\u0002u1\u0000\u0002\u0000\u0005Ready\u0000\u0004True\u0000\u0004Disk\u0000\u0005False"
            + "\u0002\u0002\u0000\u0000\u0004zone\u0000\u0001a\u0000\u0000&feature.node.kubernetes.io/cpu-cpuid.0\u0000\u0004true"
            + "\u0002\u0000\u0003gpu\u0000\u0000\u0000\u000aNoSchedule\u0002\u0009\u0000\u00018\u0002\u0009\u000c"
            + "\u001c\u0002n2\u0000\u0001\u0002\u0001\u0002\u0001\u0000\u0000\u0008\u0002n3\u0000\u0000\u0000";
        ImmutableArray<ConditionPair> conditions = [new("Ready", "True"), new("Disk", "False")];
        var facts = new NodeFacts([new("zone", "a"), Shared[0]], [new("gpu", "", "NoSchedule")], [new("gpu", "8")], [new("gpu", "8")]);
        ImmutableArray<NodeReport> reports =
        [
            new("n1", "u1", true, conditions, "True", facts),
            new("n2", "", false, conditions, null, facts with { Taints = [] }) { AgentVerdict = true },
            new("n3", "", false, [], null, null) { AgentVerdict = false },
        ];

        Assert.Equal(Before, Encoding.Latin1.GetString(ReportPacker.Pack(reports)));
        SameValue.Check(reports, ReportUnpacker.Unpack(Encoding.Latin1.GetBytes(Before)));
    }

    [Fact]
    public void A_batch_that_was_cut_off_is_refused()
    {
        var packed = ReportPacker.Pack([Report(0, facts: true), Report(1, facts: true)]);

        Assert.All(
            Enumerable.Range(1, packed.Length - 1),
            length => Assert.Throws<InvalidDataException>(() => ReportUnpacker.Unpack(packed.AsSpan(0, length))));
        Assert.Throws<InvalidDataException>(() => ReportUnpacker.Unpack([.. packed, 0]));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2_000),
            Prop.ForAll(Arb.From(Bytes()), bytes =>
            {
                if (Record.Exception(() => ReportUnpacker.Unpack(bytes)) is { } refused)
                {
                    Assert.IsType<InvalidDataException>(refused);
                }
            }));

    private static Gen<byte[]> Bytes()
    {
        var packed = ReportPacker.Pack([Report(0, facts: true), Report(1, facts: false)]);
        return
            from place in Gen.Choose(0, packed.Length - 1)
            from value in Gen.Choose(0, byte.MaxValue)
            select (byte[])[.. packed[..place], (byte)value, .. packed[(place + 1)..]];
    }

    private static NodeReport Report(int i, bool facts) => new(
        $"dgx-h100-{i:00000}.cluster.local",
        $"{i:x8}-2bc0-4dde-a9a4-4f7b1c8e21d3",
        false,
        [.. Types.Select(type => new ConditionPair(type, StatusOf(type, i)))],
        "True",
        facts ? Facts(i) : null);

    private static string StatusOf(string type, int i) =>
        type is "Ready" or "GpuHealthy" || (i % 50 == 49 && type == "XidErrors") ? "True" : "False";

    private static NodeFacts Facts(int i) => new(
        [.. Enumerable.Range(0, 80).Select(k => k < 2 ? new NodeLabel($"a{k}", $"{i}") : Shared[k])],
        [new NodeTaint("nvidia.com/gpu", "", "NoSchedule")],
        [new NodeResource("nvidia.com/gpu", "8"), new NodeResource("memory", "2113374Mi")],
        [new NodeResource("nvidia.com/gpu", "8"), new NodeResource("memory", "2113375Mi")]);
}
