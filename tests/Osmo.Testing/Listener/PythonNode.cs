using System.Globalization;
using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>A node of the cluster that a Python agent watches.</summary>
/// <param name="Name">The name, which is its hostname too.</param>
/// <param name="Conditions">All of them, in order.</param>
public sealed record PythonNode(string Name, params (string Type, string Status)[] Conditions)
{
    /// <summary>Cordoned.</summary>
    public bool Unschedulable { get; init; }

    public (string Name, string Quantity)[] Allocatable { get; init; } =
        [("cpu", "31"), ("memory", "131072000Ki"), ("ephemeral-storage", "483183820800"), ("nvidia.com/gpu", "8"), ("pods", "110")];

    public (string Key, string Value)[] Labels { get; init; } =
        [("kubernetes.io/arch", "amd64"), ("kubernetes.io/os", "linux"), ("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3")];

    /// <summary>Requested by pods; of it outside of workflows.</summary>
    public (int Gpus, int OtherGpus) Used { get; init; }

    public static PythonNode Ready(string name) => new(name, ("MemoryPressure", "False"), ("DiskPressure", "False"), ("Ready", "True"));

    /// <summary>The same node with a condition of another status, or with one more.</summary>
    public PythonNode With(string type, string status) => this with
    {
        Conditions = Conditions.Any(condition => condition.Type == type)
            ? [.. Conditions.Select(condition => condition.Type == type ? (type, status) : condition)]
            : [.. Conditions, (type, status)],
    };

    /// <summary>What is told of it: of its conditions only the types of those that are True.</summary>
    public JsonObject ResourceBody(bool available) => new()
    {
        ["hostname"] = Name,
        ["available"] = available,
        ["conditions"] = new JsonArray(
            [.. Conditions.Where(condition => condition.Status == "True").Select(condition => (JsonNode)condition.Type)]),
        ["processed_fields"] = new JsonObject(),
        ["allocatable_fields"] = Map(Allocatable),
        ["label_fields"] = Map([("kubernetes.io/hostname", Name), .. Labels]),
        ["taints"] = new JsonArray(Unschedulable ? [Cordon()] : []),
    };

    public JsonObject UsageBody() => new()
    {
        ["hostname"] = Name,
        ["usage_fields"] = Usage(Used.Gpus),
        ["non_workflow_usage_fields"] = Usage(Used.OtherGpus),
    };

    private static JsonObject Usage(int gpus) => Map(
    [
        ("cpu", gpus.ToString(CultureInfo.InvariantCulture)),
        ("memory", $"{1024 * gpus}Ki"),
        ("ephemeral-storage", "0Ki"),
        ("nvidia.com/gpu", gpus.ToString(CultureInfo.InvariantCulture)),
    ]);

    private static JsonObject Cordon() => new()
    {
        ["effect"] = "NoSchedule",
        ["key"] = "node.kubernetes.io/unschedulable",
        ["time_added"] = "2026-11-21T18:33:33+00:00",
        ["value"] = null,
    };

    private static JsonObject Map((string Key, string Value)[] pairs) =>
        new(pairs.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
}
