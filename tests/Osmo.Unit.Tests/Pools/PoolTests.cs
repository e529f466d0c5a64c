using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;
using Osmo.Domain.Pools;
using Xunit;

namespace Osmo.Unit.Tests.Pools;

/// <summary>Which nodes a pool has: those that its pods' node selectors and tolerations let them run on.</summary>
public sealed class PoolTests
{
    private const string VerifiedLabel = "osmo.nvidia.com/verified";

    private const string Pools =
        """
        {
          "robots": {
            "backend": "east", "enable_maintenance": true, "common_pod_template": ["amd64", "missing"],
            "resources": {"gpu": {"guarantee": 4, "maximum": 16, "weight": 1}},
            "platforms": {
              "h100": {"override_pod_template": ["h100"], "labels": {"zone": "a"}, "privileged_allowed": true, "allowed_mounts": ["/mnt"]},
              "any": {}
            }
          },
          "idle": {"backend": "west", "resources": {"gpu": {"maximum": -1}}, "platforms": {}}
        }
        """;

    private const string Templates =
        """
        {
          "amd64": {"spec": {"nodeSelector": {"kubernetes.io/arch": "amd64"}}},
          "h100": {"spec": {
            "nodeSelector": {"gpu": "h100", "zone": "b"},
            "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, "odd"]}}
        }
        """;

    private static readonly Pool Robots = Read().Single(pool => pool.Name == "robots");

    [Fact]
    public void Pools_are_read_with_what_their_templates_say()
    {
        Assert.Equal(["idle", "robots"], Read().Select(pool => pool.Name));
        Assert.Equal(("east", 16L, true), (Robots.Backend, Robots.GpuQuota, Robots.Maintenance));
        Assert.Null(Read()[0].GpuQuota);
        Assert.Equal(["any", "h100"], Robots.Platforms.Select(platform => platform.Name));
        var platform = Robots.Platforms[1];
        Assert.Equal(
            ["gpu=h100", "kubernetes.io/arch=amd64", "zone=a"], platform.NodeSelector.Select(label => $"{label.Key}={label.Value}"));
        Assert.Equal([new Toleration("gpu", Exists: true, "", "NoSchedule")], platform.Tolerations);
        Assert.True(platform.Allowances is { HostNetwork: false, Privileged: true, DefaultMounts: [], AllowedMounts: ["/mnt"] });
    }

    [Fact]
    public void A_node_is_in_the_platforms_whose_labels_it_has_all_of()
    {
        Assert.Equal(["any", "h100"], PlatformsOf(Node(labels: [("kubernetes.io/arch", "amd64"), ("gpu", "h100"), ("zone", "a")])));
        Assert.Equal(["any"], PlatformsOf(Node(labels: [("kubernetes.io/arch", "amd64"), ("gpu", "h100"), ("zone", "b")])));
        Assert.Empty(PlatformsOf(Node(labels: [("kubernetes.io/arch", "arm64")])));
    }

    [Theory]
    [InlineData("gpu", "x", "NoSchedule", true)]
    [InlineData("gpu", "", "NoExecute", false)]
    [InlineData("other", "", "NoSchedule", false)]
    [InlineData("other", "", "PreferNoSchedule", true)]
    public void A_taint_that_is_not_tolerated_keeps_a_node_out(string key, string value, string effect, bool admitted)
    {
        var node = Node(new NodeTaint(key, value, effect), ("kubernetes.io/arch", "amd64"), ("gpu", "h100"), ("zone", "a"));
        Assert.Equal(admitted, Robots.Platforms[1].Admits(node, VerifiedLabel));
    }

    [Theory]
    [InlineData("", true, "", "", "any", "any", true)]
    [InlineData("", false, "", "", "any", "any", false)]
    [InlineData("key", false, "a", "", "a", "NoExecute", true)]
    [InlineData("key", false, "b", "", "a", "NoExecute", false)]
    [InlineData("key", true, "b", "NoExecute", "a", "NoExecute", true)]
    [InlineData("key", true, "", "NoSchedule", "a", "NoExecute", false)]
    public void Tolerations_are_those_of_Kubernetes(
        string key, bool exists, string value, string effect, string taintValue, string taintEffect, bool tolerated) =>
        Assert.Equal(tolerated, new Toleration(key, exists, value, effect).Tolerates(new NodeTaint("key", taintValue, taintEffect)));

    [Fact]
    public void A_template_may_ask_for_the_verified_label()
    {
        var platform = new PoolPlatform("verified", [new NodeLabel(VerifiedLabel, "True")], []);
        Assert.True(platform.Admits(Node() with { VerifiedLabel = "True" }, VerifiedLabel));
        Assert.False(platform.Admits(Node() with { VerifiedLabel = "False" }, VerifiedLabel));
        Assert.False(platform.Admits(Node(), VerifiedLabel));
    }

    private static IEnumerable<string> PlatformsOf(NodeSnapshot node) =>
        Robots.Platforms.Where(platform => platform.Admits(node, VerifiedLabel)).Select(platform => platform.Name);

    private static ImmutableArray<Pool> Read()
    {
        using var pools = JsonDocument.Parse(Pools);
        using var templates = JsonDocument.Parse(Templates);
        return PoolReader.Read(pools.RootElement, templates.RootElement);
    }

    private static NodeSnapshot Node(NodeTaint? taint = null, params (string Key, string Value)[] labels) => new(
        "node-1", "uid", Unschedulable: false, new ConditionSetPool(new ConditionTable()).Share([]), new NodeFacts(
            [.. labels.Select(label => new NodeLabel(label.Key, label.Value))], taint is null ? [] : [taint], [], []),
        Available: true, AvailableSince: default, VerifiedLabel: null);
}
