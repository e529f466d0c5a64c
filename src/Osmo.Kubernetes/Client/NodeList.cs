namespace Osmo.Kubernetes;

/// <summary>What to list.</summary>
public sealed record NodeListOptions
{
    /// <summary>A label selector in Kubernetes' notation; null for all nodes.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Nodes per page; null for the client's default.</summary>
    public int? PageItems { get; init; }

    /// <summary>List exactly the state at this version (resourceVersionMatch=Exact); null for the latest.</summary>
    public string? ExactResourceVersion { get; init; }
}

/// <summary>A list of nodes, consistent at one resource version.</summary>
/// <param name="Nodes">The nodes in the server's order.</param>
/// <param name="ResourceVersion">Version from which a watch continues.</param>
/// <param name="Malformed">Nodes that could not be read; those with a name are among the nodes, too.</param>
public sealed record NodeList(
    IReadOnlyList<NodeProjection> Nodes, string ResourceVersion, IReadOnlyList<MalformedNode> Malformed);
