using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Fleet;

/// <summary>
/// The conditions of a GPU node: the kubelet's, the node problem detector's, and those of GPU health checks, some of which are
/// good when True and some when False.
/// </summary>
internal static class NodeConditions
{
    private static readonly (string Type, bool GoodWhen, string Reason, string Message)[] Healthy =
    [
        ("NetworkUnavailable", false, "CalicoIsUp", "Calico is running on this node"),
        ("KernelDeadlock", false, "KernelHasNoDeadlock", "kernel has no deadlock"),
        ("ReadonlyFilesystem", false, "FilesystemIsNotReadOnly", "Filesystem is not read-only"),
        ("FrequentKubeletRestart", false, "NoFrequentKubeletRestart", "kubelet is functioning properly"),
        ("FrequentContainerdRestart", false, "NoFrequentContainerdRestart", "containerd is functioning properly"),
        ("FrequentUnregisterNetDevice", false, "NoFrequentUnregisterNetDevice", "node is functioning properly"),
        ("GpuXidError", false, "NoXidErrors", "no critical XID errors in the kernel log"),
        ("GpuThermalThrottling", false, "GpuTemperatureOk", "no GPU is throttled by temperature"),
        ("GpuHealthy", true, "AllGpusHealthy", "8 of 8 GPUs answer and pass the quick diagnostics"),
        ("NvlinkHealthy", true, "AllLinksUp", "all NVLink lanes are up and within error limits"),
        ("InfinibandHealthy", true, "AllPortsActive", "all InfiniBand ports are active at full rate"),
        ("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", true, "KubeletReady", "kubelet is posting ready status"),
    ];

    /// <summary>Types that a fleet's conditions flap in, with the status that is good.</summary>
    public static IReadOnlyList<(string Type, string Good)> Flapping { get; } =
    [
        ("GpuHealthy", "True"), ("GpuXidError", "False"), ("NvlinkHealthy", "True"), ("InfinibandHealthy", "True"),
        ("GpuThermalThrottling", "False"), ("DiskPressure", "False"), ("Ready", "True"),
    ];

    public static JsonArray Of(DateTimeOffset time, Random random, bool unhealthy)
    {
        var bad = unhealthy ? random.Next(Healthy.Length) : -1;
        var conditions = new JsonArray();
        for (var i = 0; i < Healthy.Length; i++)
        {
            var (type, goodWhen, reason, message) = Healthy[i];
            var isBad = i == bad;
            conditions.Add(new JsonObject
            {
                ["type"] = type,
                ["status"] = goodWhen != isBad ? "True" : "False",
                ["lastHeartbeatTime"] = Timestamp.Format(time.AddSeconds(-random.Next(300))),
                ["lastTransitionTime"] = Timestamp.Format(time.AddHours(-1 - random.Next(600))),
                ["reason"] = isBad ? type + "Detected" : reason,
                ["message"] = isBad ? "a check reports a problem" : message,
            });
        }

        return conditions;
    }
}
