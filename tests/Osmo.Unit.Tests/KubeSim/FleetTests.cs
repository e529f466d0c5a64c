using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.KubeSim.Fleet;
using Osmo.KubeSim.Objects;
using Xunit;

namespace Osmo.Unit.Tests.KubeSim;

public sealed class FleetTests
{
    [Fact]
    public void Nodes_are_as_large_and_as_rich_as_real_gpu_nodes()
    {
        var cluster = SimulatedClusterTests.Fleet(nodes: 64);
        foreach (var node in cluster.Nodes)
        {
            Assert.InRange(node.ToJsonUtf8().Length, 10_000, 16_000);
            Assert.InRange(node.Labels.Count, 75, 95);
            Assert.InRange(node.Conditions().Count, 14, 20);
            var status = JsonNode.Parse(node.ToJsonUtf8())!["status"]!;
            Assert.Equal("8", (string?)status["allocatable"]!["nvidia.com/gpu"]);
            Assert.InRange(status["images"]!.AsArray().Count, 30, 50);
        }

        Assert.True(cluster.Nodes.Select(n => n.Labels["nvidia.com/gpu.product"]).Distinct().Count() >= 3);
        Assert.Equal(64, cluster.Nodes.Select(n => n.Uid).Distinct().Count());
    }

    [Fact]
    public void The_API_knows_every_generated_field()
    {
        var canonicalizer = new Canonicalizer();
        canonicalizer.Struct(new FleetGenerator(new FleetOptions()).Generate(0), NodeSchema.Node, "");
        Assert.Empty(canonicalizer.UnknownFields);
    }

    [Fact]
    public void The_same_seed_gives_the_same_fleet_and_another_seed_another()
    {
        string Json(int seed) => string.Join(
            '\n', SimulatedClusterTests.Fleet(16, seed).Nodes.Select(n => System.Text.Encoding.UTF8.GetString(n.ToJsonUtf8())));
        Assert.Equal(Json(7), Json(7));
        Assert.NotEqual(Json(7), Json(8));
    }

    [Fact]
    public void An_oversized_node_has_the_size_asked_for()
    {
        var cluster = new SimulatedCluster();
        var node = cluster.AddNode(new FleetGenerator(new FleetOptions()).GenerateOversized(0, 1_500_000));
        Assert.InRange(node.ToJsonUtf8().Length, 1_500_000, 1_700_000);
    }

    [Fact]
    public void Churn_makes_the_same_changes_for_the_same_seed()
    {
        string Run(int seed)
        {
            var cluster = SimulatedClusterTests.Fleet(40);
            var rates = new ChurnOptions { Seed = seed, FlapsPerSecond = 50, CordonsPerSecond = 20, LossesPerSecond = 10 };
            var churn = new Churn(cluster, rates);
            for (var i = 0; i < 4; i++)
            {
                churn.Advance(TimeSpan.FromSeconds(0.5));
            }

            Assert.Equal(160, churn.Changes);
            return string.Join('\n', cluster.Nodes.Select(n => $"{n.Name} {n.Uid} {n.Unschedulable} "
                + string.Join(',', n.Conditions().Select(c => $"{c!["type"]}={c["status"]}"))));
        }

        Assert.Equal(Run(3), Run(3));
        Assert.NotEqual(Run(3), Run(4));
    }

    [Fact]
    public void Churn_disturbs_no_more_of_the_fleet_than_it_may()
    {
        var cluster = SimulatedClusterTests.Fleet(40);
        var churn = new Churn(cluster, new ChurnOptions { CordonsPerSecond = 100, LossesPerSecond = 100, DisturbedShareMax = 0.1 });
        for (var i = 0; i < 10; i++)
        {
            churn.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(cluster.Nodes.Count(n => n.Unschedulable), 0, 4);
            Assert.InRange(cluster.NodeCount, 36, 40);
        }
    }
}
