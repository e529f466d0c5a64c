namespace Osmo.Kubernetes;

/// <summary>A node whose JSON is well-formed but whose content cannot be: which node, which field, and what was found there.</summary>
/// <param name="Name">The node's name; empty when it has none.</param>
/// <param name="Field">Path of the first bad field, such as <c>metadata.labels["a"]</c>.</param>
/// <param name="Problem">What was expected and what was found.</param>
public sealed record MalformedNode(string Name, string Field, string Problem)
{
    /// <summary>
    /// The type of the condition that a node has while it cannot be read, beside <c>Ready</c>, which is unknown: it says why. Its status
    /// is <c>True</c>.
    /// </summary>
    public const string Condition = "osmo.nvidia.com/Unreadable";

    /// <inheritdoc/>
    public override string ToString() => Name.Length == 0
        ? $"a node without a usable name: {Field}: {Problem}"
        : $"node \"{Name}\": {Field}: {Problem}";
}
