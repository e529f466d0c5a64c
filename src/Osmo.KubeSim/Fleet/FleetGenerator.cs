using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Fleet;

/// <summary>
/// Makes realistic GPU nodes of about 12 KB JSON: feature-discovery and GPU labels, conditions of the kubelet, the node problem
/// detector and GPU health checks, images, managedFields. Deterministic: node i of a seed is always the same.
/// </summary>
public sealed class FleetGenerator(FleetOptions options)
{
    private const int NodesPerRack = 8;

    /// <summary>The name of node <paramref name="index"/>, counted from 0.</summary>
    public string NameOf(int index) => $"{options.NamePrefix}-{index:D5}";

    /// <summary>Adds all nodes to a cluster.</summary>
    public void Fill(SimulatedCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        // Making the JSON is the work; versions are given in order, so that the cluster is the same in every run.
        var prepared = ParallelEnumerable.Range(0, options.Nodes).AsOrdered().Select(i => cluster.Writer.Prepare(Generate(i)));
        foreach (var (segments, facts) in prepared)
        {
            if (cluster.Store.TryAdd(segments, facts) is null)
            {
                throw new InvalidOperationException($"The cluster has a node {facts.Name} already: give fleets different name prefixes.");
            }
        }
    }

    /// <summary>Node <paramref name="index"/> as the JSON of a v1 Node.</summary>
    public JsonObject Generate(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var random = new Random(HashCode(options.Seed, index));
        var rack = index / NodesPerRack;
        var shape = options.Shapes[rack % options.Shapes.Count];
        var name = NameOf(index);
        var address = $"10.{(index >> 16) & 127}.{(index >> 8) & 255}.{index & 255}";
        var time = Timestamp.Format(options.Time);
        var uid = Uid(random);
        return new JsonObject
        {
            ["kind"] = "Node",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["uid"] = uid,
                ["creationTimestamp"] = Timestamp.Format(options.Time.AddDays(-30)),
                ["labels"] = NodeLabels.Of(shape, name, rack, random),
                ["annotations"] = Annotations(address, random),
                ["managedFields"] = NodeManagedFields.Of(shape, time),
            },
            ["spec"] = Spec(shape, name, index),
            ["status"] = new JsonObject
            {
                ["capacity"] = Resources(shape, reserved: false),
                ["allocatable"] = Resources(shape, reserved: true),
                ["conditions"] = NodeConditions.Of(options.Time, random, unhealthy: random.NextDouble() < options.UnhealthyShare),
                ["addresses"] = new JsonArray(
                    new JsonObject { ["type"] = "InternalIP", ["address"] = address },
                    new JsonObject { ["type"] = "Hostname", ["address"] = name }),
                ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = 10250 } },
                ["nodeInfo"] = NodeInfo(random),
                ["images"] = NodeImages.Of(shape),
                ["features"] = new JsonObject { ["supplementalGroupsPolicy"] = true },
            },
        };
    }

    /// <summary>Node <paramref name="index"/> blown up by annotations to at least <paramref name="bytes"/> of JSON.</summary>
    /// <param name="index">The node's number.</param>
    /// <param name="bytes">Wanted size; a real API server takes objects up to about 1.5 MB.</param>
    public JsonObject GenerateOversized(int index, int bytes = 1_500_000)
    {
        var node = Generate(index);
        var images = node["status"]!["images"]!.AsArray();
        const int ImageBytes = 2000;
        for (var size = Json.ToUtf8(node).Length; size < bytes; size += ImageBytes)
        {
            images.Add(new JsonObject
            {
                ["names"] = new JsonArray($"registry.example.com/oversized/{images.Count:D6}:{new string('x', ImageBytes)}"),
                ["sizeBytes"] = 1,
            });
        }

        return node;
    }

    internal static string Uid(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes).ToString();
    }

    // System.HashCode is seeded per process, which would make every run another fleet.
    private static int HashCode(int seed, int index) => unchecked((seed * 1_000_003) ^ (index * 486_187_739));

    private static JsonObject Spec(NodeShape shape, string name, int index)
    {
        var cidr = $"10.{128 + ((index >> 8) & 127)}.{index & 255}.0/24";
        var spec = new JsonObject
        {
            ["podCIDR"] = cidr,
            ["podCIDRs"] = new JsonArray(cidr),
            ["providerID"] = $"metal://{shape.Name}/{name}",
        };
        if (shape.Gpus > 0)
        {
            spec["taints"] = new JsonArray(new JsonObject { ["key"] = "nvidia.com/gpu", ["value"] = "present", ["effect"] = "NoSchedule" });
        }

        return spec;
    }

    private static JsonObject Annotations(string address, Random random) => new()
    {
        ["csi.volume.kubernetes.io/nodeid"] = "{\"csi.example.com\":\"" + Uid(random) + "\"}",
        ["kubeadm.alpha.kubernetes.io/cri-socket"] = "unix:///run/containerd/containerd.sock",
        ["nfd.node.kubernetes.io/feature-labels"] = string.Join(',', NodeLabels.CpuFeatures.Select(f => "cpu-cpuid." + f)),
        ["node.alpha.kubernetes.io/ttl"] = "0",
        ["nvidia.com/gpu-driver-upgrade-enabled"] = "true",
        ["projectcalico.org/IPv4Address"] = address + "/16",
        ["volumes.kubernetes.io/controller-managed-attach-detach"] = "true",
    };

    private static JsonObject Resources(NodeShape shape, bool reserved)
    {
        var resources = new JsonObject
        {
            ["cpu"] = (shape.Cpus - (reserved ? 4 : 0)).ToString(),
            ["ephemeral-storage"] = reserved ? "6920574211782" : "7509304656Ki",
            ["hugepages-1Gi"] = "0",
            ["hugepages-2Mi"] = "0",
            ["memory"] = $"{(((long)shape.MemoryGib - (reserved ? 16 : 0)) * 1024 * 1024) - 1_048_576}Ki",
            ["pods"] = "110",
        };
        if (shape.Gpus > 0)
        {
            resources["nvidia.com/gpu"] = shape.Gpus.ToString();
        }

        if (shape.InfinibandPorts > 0)
        {
            resources["rdma/ib"] = (shape.InfinibandPorts * 100).ToString();
        }

        return resources;
    }

    private static JsonObject NodeInfo(Random random) => new()
    {
        ["machineID"] = Uid(random).Replace("-", "", StringComparison.Ordinal),
        ["systemUUID"] = Uid(random),
        ["bootID"] = Uid(random),
        ["kernelVersion"] = "6.8.0-1031-nvidia",
        ["osImage"] = "Ubuntu 24.04.3 LTS",
        ["containerRuntimeVersion"] = "containerd://2.1.4",
        ["kubeletVersion"] = "v1.36.2",
        ["kubeProxyVersion"] = "",
        ["operatingSystem"] = "linux",
        ["architecture"] = "amd64",
    };
}
