
namespace Osmo.KubeSim.Storage;

/// <summary>What the server itself looks at in a node, read once per change of metadata or spec.</summary>
internal sealed record NodeFacts
{
    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required Dictionary<string, string> Labels { get; init; }

    public bool Unschedulable { get; init; }

    public bool HasFinalizers { get; init; }

    public bool IsDeleting { get; init; }
}
