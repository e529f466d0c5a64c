namespace Osmo.KubeSim.Fleet;

/// <summary>A kind of machine in a fleet.</summary>
/// <param name="Name">node.kubernetes.io/instance-type.</param>
/// <param name="GpuProduct">nvidia.com/gpu.product; empty for a machine without GPUs.</param>
/// <param name="Gpus">GPUs per machine.</param>
/// <param name="GpuMemoryMib">Memory of one GPU in MiB.</param>
/// <param name="GpuFamily">nvidia.com/gpu.family.</param>
/// <param name="ComputeMajor">Major CUDA compute capability.</param>
/// <param name="Cpus">CPU threads.</param>
/// <param name="MemoryGib">Main memory in GiB.</param>
/// <param name="InfinibandPorts">RDMA adapters.</param>
public sealed record NodeShape(
    string Name, string GpuProduct, int Gpus, int GpuMemoryMib, string GpuFamily, int ComputeMajor,
    int Cpus, int MemoryGib, int InfinibandPorts)
{
    /// <summary>8 x H100 SXM.</summary>
    public static readonly NodeShape DgxH100 = new("dgx-h100", "NVIDIA-H100-80GB-HBM3", 8, 81559, "hopper", 9, 224, 2048, 8);

    /// <summary>8 x A100 SXM.</summary>
    public static readonly NodeShape DgxA100 = new("dgx-a100", "NVIDIA-A100-SXM4-80GB", 8, 81920, "ampere", 8, 256, 2048, 8);

    /// <summary>8 x B200.</summary>
    public static readonly NodeShape DgxB200 = new("dgx-b200", "NVIDIA-B200", 8, 183359, "blackwell", 10, 224, 2048, 8);

    /// <summary>8 x L40S in an OVX server.</summary>
    public static readonly NodeShape OvxL40S = new("ovx-l40s", "NVIDIA-L40S", 8, 46068, "ada-lovelace", 8, 128, 1024, 2);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<NodeShape> All { get; } = [DgxH100, DgxA100, DgxB200, OvxL40S];
}
