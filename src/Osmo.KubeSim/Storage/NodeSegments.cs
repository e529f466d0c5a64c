namespace Osmo.KubeSim.Storage;

/// <summary>
/// The UTF-8 JSON of a node, cut where parts change at different rates. Every byte array is immutable by convention.
/// </summary>
internal sealed record NodeSegments
{
    /// <summary><c>"name":"n","uid":"u",</c></summary>
    public required byte[] Identity { get; init; }

    /// <summary>Everything in metadata after resourceVersion but managedFields, each member preceded by a comma.</summary>
    public required byte[] Metadata { get; init; }

    /// <summary><c>,"managedFields":[...]</c> or empty.</summary>
    public required byte[] ManagedFields { get; init; }

    /// <summary>The spec object.</summary>
    public required byte[] Spec { get; init; }

    /// <summary>capacity, allocatable and phase, each member followed by a comma.</summary>
    public required byte[] Resources { get; init; }

    /// <summary>The conditions array, or empty.</summary>
    public required byte[] Conditions { get; init; }

    /// <summary>addresses, daemonEndpoints and nodeInfo: never empty, no comma at either end.</summary>
    public required byte[] System { get; init; }

    /// <summary>images and all after them, each member preceded by a comma.</summary>
    public required byte[] Images { get; init; }

    public int MetadataLength => Identity.Length + Metadata.Length + ManagedFields.Length;

    public int BodyLength => Spec.Length + Resources.Length + Conditions.Length + System.Length + Images.Length;

    /// <summary>Same content but managedFields, which writes here do not maintain.</summary>
    public bool SameContent(NodeSegments other) =>
        Same(Identity, other.Identity) && Same(Metadata, other.Metadata) && Same(Spec, other.Spec) && Same(Resources, other.Resources)
        && Same(Conditions, other.Conditions) && Same(System, other.System) && Same(Images, other.Images);

    private static bool Same(byte[] a, byte[] b) => ReferenceEquals(a, b) || a.AsSpan().SequenceEqual(b);
}
