namespace Osmo.Testing.Channel;

/// <summary>A node as an agent reported it, with the symbols resolved.</summary>
public sealed record ReportedNode(string Name, string Uid, bool Unschedulable, string? VerifiedLabel)
{
    public IReadOnlyList<(string Type, string Status)> Conditions { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<(string Key, string Value, string Effect)> Taints { get; init; } = [];

    public IReadOnlyDictionary<string, string> Allocatable { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Capacity { get; init; } = new Dictionary<string, string>();

    /// <summary>The status of a condition, or null when the node has none of the type.</summary>
    public string? Status(string type) => Conditions.FirstOrDefault(condition => condition.Type == type).Status;
}
