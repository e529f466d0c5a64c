using System.Text.Json.Nodes;

namespace Osmo.KubeSim.Fleet;

/// <summary>About 80 labels as node feature discovery, GPU feature discovery and cluster installers set them.</summary>
internal static class NodeLabels
{
    private const string Nfd = "feature.node.kubernetes.io/";

    public static readonly string[] CpuFeatures =
    [
        "ADX", "AESNI", "AMXBF16", "AMXINT8", "AMXTILE", "AVX", "AVX2", "AVX512BF16", "AVX512BITALG", "AVX512BW", "AVX512CD", "AVX512DQ",
        "AVX512F", "AVX512FP16", "AVX512VNNI", "FMA3", "SHA", "VAES",
    ];

    public static JsonObject Of(NodeShape shape, string name, int rack, Random random)
    {
        var labels = new JsonObject
        {
            ["beta.kubernetes.io/arch"] = "amd64",
            ["beta.kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = "amd64",
            ["kubernetes.io/hostname"] = name,
            ["kubernetes.io/os"] = "linux",
            ["node.kubernetes.io/instance-type"] = shape.Name,
            ["node-role.kubernetes.io/worker"] = "",
            ["topology.kubernetes.io/region"] = "region-1",
            ["topology.kubernetes.io/zone"] = "zone-" + ((rack / 32) % 3),
            ["topology.example.com/rack"] = $"rack-{rack:D4}",
            ["topology.example.com/leaf"] = $"leaf-{rack / 4:D4}",
            ["example.com/pool"] = random.Next(4) == 0 ? "interactive" : "training",
        };
        foreach (var feature in CpuFeatures)
        {
            labels[Nfd + "cpu-cpuid." + feature] = "true";
        }

        Host(labels);
        if (shape.Gpus > 0)
        {
            Gpu(labels, shape);
        }

        return labels;
    }

    private static void Host(JsonObject labels)
    {
        labels[Nfd + "cpu-cstate.enabled"] = "true";
        labels[Nfd + "cpu-hardware_multithreading"] = "true";
        labels[Nfd + "cpu-model.family"] = "6";
        labels[Nfd + "cpu-model.id"] = "143";
        labels[Nfd + "cpu-model.vendor_id"] = "Intel";
        labels[Nfd + "cpu-pstate.status"] = "active";
        labels[Nfd + "cpu-pstate.turbo"] = "true";
        labels[Nfd + "kernel-config.NO_HZ"] = "true";
        labels[Nfd + "kernel-version.full"] = "6.8.0-1031-nvidia";
        labels[Nfd + "kernel-version.major"] = "6";
        labels[Nfd + "kernel-version.minor"] = "8";
        labels[Nfd + "memory-numa"] = "true";
        labels[Nfd + "network-sriov.capable"] = "true";
        labels[Nfd + "pci-10de.present"] = "true";
        labels[Nfd + "pci-15b3.present"] = "true";
        labels[Nfd + "rdma.available"] = "true";
        labels[Nfd + "rdma.capable"] = "true";
        labels[Nfd + "storage-nonrotationaldisk"] = "true";
        labels[Nfd + "system-os_release.ID"] = "ubuntu";
        labels[Nfd + "system-os_release.VERSION_ID"] = "24.04";
    }

    private static void Gpu(JsonObject labels, NodeShape shape)
    {
        labels["nvidia.com/cuda.driver-version.full"] = "580.65.06";
        labels["nvidia.com/cuda.driver-version.major"] = "580";
        labels["nvidia.com/cuda.driver-version.minor"] = "65";
        labels["nvidia.com/cuda.driver-version.revision"] = "06";
        labels["nvidia.com/cuda.runtime-version.full"] = "13.0";
        labels["nvidia.com/cuda.runtime-version.major"] = "13";
        labels["nvidia.com/cuda.runtime-version.minor"] = "0";
        labels["nvidia.com/gfd.timestamp"] = "1761984000";
        labels["nvidia.com/gpu-driver-upgrade-state"] = "upgrade-done";
        labels["nvidia.com/gpu.compute.major"] = shape.ComputeMajor.ToString();
        labels["nvidia.com/gpu.compute.minor"] = "0";
        labels["nvidia.com/gpu.count"] = shape.Gpus.ToString();
        labels["nvidia.com/gpu.deploy.container-toolkit"] = "true";
        labels["nvidia.com/gpu.deploy.dcgm"] = "true";
        labels["nvidia.com/gpu.deploy.dcgm-exporter"] = "true";
        labels["nvidia.com/gpu.deploy.device-plugin"] = "true";
        labels["nvidia.com/gpu.deploy.driver"] = "pre-installed";
        labels["nvidia.com/gpu.deploy.gpu-feature-discovery"] = "true";
        labels["nvidia.com/gpu.deploy.mig-manager"] = "true";
        labels["nvidia.com/gpu.deploy.operator-validator"] = "true";
        labels["nvidia.com/gpu.family"] = shape.GpuFamily;
        labels["nvidia.com/gpu.machine"] = shape.Name.ToUpperInvariant();
        labels["nvidia.com/gpu.memory"] = shape.GpuMemoryMib.ToString();
        labels["nvidia.com/gpu.mode"] = "compute";
        labels["nvidia.com/gpu.present"] = "true";
        labels["nvidia.com/gpu.product"] = shape.GpuProduct;
        labels["nvidia.com/gpu.replicas"] = "1";
        labels["nvidia.com/gpu.sharing-strategy"] = "none";
        labels["nvidia.com/mig.capable"] = "true";
        labels["nvidia.com/mig.config"] = "all-disabled";
        labels["nvidia.com/mig.config.state"] = "success";
        labels["nvidia.com/mig.strategy"] = "single";
        labels["nvidia.com/mps.capable"] = "false";
        labels["nvidia.com/vgpu.present"] = "false";
    }
}
