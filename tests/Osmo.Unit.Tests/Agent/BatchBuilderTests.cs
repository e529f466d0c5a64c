using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing.Channel;
using Xunit;

namespace Osmo.Unit.Tests.Agent;

public sealed class BatchBuilderTests
{
    private readonly BatchBuilder _builder = new(Nodes.Label);

    [Fact]
    public void Strings_stand_once_and_everything_can_be_read_back()
    {
        NodeProjection node = new()
        {
            Name = "a",
            Uid = "u",
            Unschedulable = true,
            Labels = [new NodeLabel(Nodes.Label, "True"), new NodeLabel("rack", "r1")],
            Taints = [new NodeTaint("dedicated", "gpu", "NoSchedule")],
            Conditions = [new NodeCondition("Ready", "True"), new NodeCondition("DiskPressure", "False")],
            Allocatable = [new NodeResource("cpu", "8")],
            Capacity = [new NodeResource("cpu", "8")],
        };
        _builder.Add(node, sent: null);
        _builder.SnapshotBegin = true;
        NodeBatch batch = _builder.Build(1);
        ReportedFleet fleet = new();
        fleet.Apply(batch);

        Assert.Equal(batch.Symbols.Distinct(), batch.Symbols);
        ReportedNode read = fleet.Find("a")!;
        Assert.Equal(("u", true, "True"), (read.Uid, read.Unschedulable, read.VerifiedLabel));
        Assert.Equal([("Ready", "True"), ("DiskPressure", "False")], read.Conditions);
        Assert.Equal([("dedicated", "gpu", "NoSchedule")], read.Taints);
        Assert.Equal("r1", Assert.Single(read.Labels).Value);
        Assert.Equal("8", Assert.Single(read.Allocatable).Value);
        Assert.Equal("8", Assert.Single(read.Capacity).Value);
    }

    [Theory]
    [InlineData(null, "True")]
    [InlineData("True", "False")]
    [InlineData("False", null)]
    public void A_change_of_the_verified_label_alone_sends_no_facts(string? before, string? after)
    {
        _builder.Add(Nodes.Of("a", 2, verified: after), Nodes.Of("a", 1, verified: before));
        NodeState state = Assert.Single(_builder.Build(1).Upserts);
        Assert.Null(state.Facts);
        Assert.Equal(after, state.HasVerifiedLabel ? state.VerifiedLabel : null);
    }

    [Fact]
    public void Other_labels_taints_and_resources_are_facts()
    {
        NodeProjection before = Nodes.Of("a", 1);
        _builder.Add(Nodes.Of("a", 2, rack: "r2"), before);
        _builder.Add(new NodeProjection { Name = "a", Uid = before.Uid, Labels = before.Labels, Conditions = before.Conditions }, before);
        Assert.All(_builder.Build(1).Upserts, state => Assert.NotNull(state.Facts));
    }

    [Fact]
    public void A_batch_is_full_at_its_limit_and_usable_again_when_cleared()
    {
        string large = new('x', 100_000);
        int added = 0;
        for (; !_builder.IsFull; added++)
        {
            _builder.Add(Nodes.Of($"n{added}", 1, rack: large + added), sent: null);
        }

        int bytes = _builder.Build(1).CalculateSize();
        Assert.InRange(bytes, BatchBuilder.BatchBytesMax, BatchBuilder.BatchBytesMax + 110_000);
        _builder.Clear();
        Assert.False(_builder.IsFull);
        Assert.True(_builder.IsEmpty);
    }
}
