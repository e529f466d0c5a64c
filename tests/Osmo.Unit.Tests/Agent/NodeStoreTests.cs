using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing.Channel;
using Xunit;

namespace Osmo.Unit.Tests.Agent;

/// <summary>What is reported, when, and who wins when a patch's answer and the watch disagree.</summary>
public sealed class NodeStoreTests
{
    private readonly StoreHarness _harness = new();

    [Fact]
    public void Nothing_is_sent_before_the_first_list_is_in()
    {
        _harness.Connect();
        _harness.Store.Replace([Nodes.Of("a", 1)]);
        Assert.Null(_harness.Send());
        _harness.Store.Synced();
        Assert.True(_harness.Send() is { SnapshotBegin: true, SnapshotEnd: true, Upserts.Count: 1 });
        Assert.Null(_harness.Send());
    }

    [Fact]
    public void A_node_that_changed_often_is_sent_once()
    {
        Start(Nodes.Of("a", 1));
        _harness.Store.Upsert(Nodes.Of("a", 2, ready: "False"));
        _harness.Store.Upsert(Nodes.Of("a", 3, ready: "Unknown"));
        NodeBatch batch = _harness.Send()!;
        Assert.Null(Assert.Single(batch.Upserts).Facts);
        Assert.Equal("Unknown", _harness.Fleet.Find("a")!.Status("Ready"));
    }

    [Fact]
    public void A_change_that_was_undone_is_not_sent()
    {
        Start(Nodes.Of("a", 1));
        _harness.Store.Upsert(Nodes.Of("a", 2, ready: "False"));
        _harness.Store.Upsert(Nodes.Of("a", 3));
        Assert.Null(_harness.Send());
    }

    [Fact]
    public void Changes_and_snapshot_share_the_batches_until_the_snapshot_is_done()
    {
        Start([.. Enumerable.Range(0, 2000).Select(i => Nodes.Of($"n{i:D4}", 1))], sendAll: false);
        NodeBatch first = _harness.Send()!;
        Assert.True(first is { SnapshotBegin: true, SnapshotEnd: false });
        string sent = first.Upserts[0].Name;
        string unsent = _harness.Store.Find("n1999") is not null && first.Upserts.All(node => node.Name != "n1999") ? "n1999" : "n0000";
        _harness.Store.Upsert(Nodes.Of(sent, 2, ready: "False"));
        _harness.Store.Upsert(Nodes.Of(unsent, 3, ready: "False"));
        _harness.Store.Delete(first.Upserts[1].Name, first.Upserts[1].Uid);

        NodeBatch second = _harness.Send()!;
        Assert.Equal(sent, second.Upserts[0].Name);
        Assert.Single(second.Deletions);
        _harness.SendAll();
        Assert.Equal(1999, _harness.Fleet.Nodes.Count);
        Assert.Equal("False", _harness.Fleet.Find(sent)!.Status("Ready"));
        Assert.Equal("False", _harness.Fleet.Find(unsent)!.Status("Ready"));
        Assert.True(_harness.Fleet.IsComplete);
        Assert.Empty(_harness.Fleet.Violations);
    }

    [Fact]
    public void A_node_made_again_is_sent_with_its_facts()
    {
        Start(Nodes.Of("a", 1));
        _harness.Store.Delete("a", "uid-of-a");
        _harness.Store.Upsert(Nodes.Of("a", 2, uid: "second"));
        NodeBatch batch = _harness.Send()!;
        Assert.NotNull(Assert.Single(batch.Upserts).Facts);
        Assert.Empty(batch.Deletions);
        Assert.Equal(1, _harness.Store.Count);
    }

    [Fact]
    public void A_patched_node_is_known_before_the_watch_tells()
    {
        Start(Nodes.Of("a", 5));
        _harness.Store.ApplyPatched(Nodes.Of("a", 7, ready: "False", verified: "True"));
        _harness.Store.Upsert(Nodes.Of("a", 6, ready: "Unknown"));
        _harness.SendAll();
        Assert.Equal(("True", "False"), (_harness.Fleet.Find("a")!.VerifiedLabel, _harness.Fleet.Find("a")!.Status("Ready")));

        NodeProjection confirmed = Nodes.Of("a", 7, ready: "False", verified: "True");
        _harness.Store.Upsert(confirmed);
        Assert.Null(_harness.Send());
        Assert.Same(confirmed, _harness.Store.Find("a"));

        _harness.Store.Upsert(Nodes.Of("a", 8, ready: "False"));
        _harness.SendAll();
        Assert.Null(_harness.Fleet.Find("a")!.VerifiedLabel);
    }

    [Fact]
    public void An_answer_that_the_watch_overtook_is_dropped()
    {
        Start(Nodes.Of("a", 5));
        _harness.Store.Upsert(Nodes.Of("a", 9, ready: "False"));
        _harness.Store.ApplyPatched(Nodes.Of("a", 7, verified: "True"));
        Assert.Equal("9", _harness.Store.Find("a")!.ResourceVersion);
    }

    [Fact]
    public void After_a_fresh_list_the_watch_is_believed()
    {
        // The list found the node as it was before the patch, so the reflector, which sees no change, says nothing of it.
        Start(Nodes.Of("a", 5));
        _harness.Store.ApplyPatched(Nodes.Of("a", 7, verified: "True"));
        _harness.SendAll();
        _harness.Store.Synced();
        _harness.SendAll();
        Assert.Null(_harness.Fleet.Find("a")!.VerifiedLabel);
    }

    [Fact]
    public void A_patch_never_brings_a_node_back()
    {
        Start(Nodes.Of("a", 5), Nodes.Of("b", 5));
        _harness.Store.Delete("a", "uid-of-a");
        _harness.Store.ApplyPatched(Nodes.Of("a", 7, verified: "True"));
        _harness.Store.Delete("b", "uid-of-b");
        _harness.Store.Upsert(Nodes.Of("b", 8, uid: "second"));
        _harness.Store.ApplyPatched(Nodes.Of("b", 9, verified: "True"));
        _harness.SendAll();
        Assert.Equal(["b"], _harness.Fleet.Nodes.Keys);
        Assert.Null(_harness.Fleet.Find("b")!.VerifiedLabel);
    }

    [Fact]
    public void Nodes_that_come_and_go_unreported_leave_nothing_behind()
    {
        Start(Nodes.Of("a", 1));
        for (int i = 0; i < 10_000; i++)
        {
            _harness.Store.Upsert(Nodes.Of($"spot-{i}", i + 2));
            _harness.Store.Delete($"spot-{i}", $"uid-of-spot-{i}");
        }

        Assert.InRange(_harness.Store.PendingCount, 0, 1100);
        Assert.Equal(1, _harness.Store.Count);
        Assert.Null(_harness.Send());
        Assert.Equal(0, _harness.Store.PendingCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Whatever_happens_in_whatever_order_the_silo_ends_up_with_the_cluster(int seed)
    {
        Random random = new(seed);
        Dictionary<string, NodeProjection> cluster = [];
        _harness.Store.Replace([]);
        _harness.Store.Synced();
        _harness.Connect();
        for (int version = 1; version < 5000; version++)
        {
            Step(random, cluster, version);
        }

        _harness.SendAll();
        Assert.Empty(_harness.Fleet.Violations);
        Assert.Equal(cluster.Values.Select(Shown).Order(), _harness.Fleet.Nodes.Values.Select(Shown).Order());
    }

    private void Step(Random random, Dictionary<string, NodeProjection> cluster, int version)
    {
        string name = $"n{random.Next(40)}";
        NodeProjection? before = cluster.GetValueOrDefault(name);
        switch (random.Next(20))
        {
            case 0:
                _harness.Connect();
                break;
            case < 4:
                _harness.Send();
                break;
            case < 7 when before is not null:
                cluster.Remove(name);
                _harness.Store.Delete(name, before.Uid);
                break;
            case < 10 when before is not null:
                // A patch: its answer comes first, the watch's event after it.
                string label = random.Next(2) == 0 ? "True" : "False";
                NodeProjection patched = cluster[name] =
                    Nodes.Of(name, version, before.Conditions[0].Status, label, before.Uid, before.FindLabel("rack")!);
                _harness.Store.ApplyPatched(patched);
                _harness.Store.Upsert(before);
                _harness.Store.Upsert(patched);
                break;
            default:
                NodeProjection changed = cluster[name] = Nodes.Of(
                    name,
                    version,
                    random.Next(2) == 0 ? "True" : "False",
                    before?.FindLabel(Nodes.Label),
                    before?.Uid ?? $"uid-{version}",
                    $"r{random.Next(2)}");
                _harness.Store.Upsert(changed);
                break;
        }
    }

    private static string Shown(NodeProjection node) =>
        $"{node.Name} {node.Uid} {node.Conditions[0].Status} {node.FindLabel(Nodes.Label)} {node.FindLabel("rack")}";

    private static string Shown(ReportedNode node) =>
        $"{node.Name} {node.Uid} {node.Status("Ready")} {node.VerifiedLabel} {node.Labels["rack"]}";

    private void Start(params NodeProjection[] nodes) => Start(nodes, sendAll: true);

    private void Start(NodeProjection[] nodes, bool sendAll)
    {
        _harness.Store.Replace(nodes);
        _harness.Store.Synced();
        _harness.Connect();
        if (sendAll)
        {
            _harness.SendAll();
        }
    }
}
