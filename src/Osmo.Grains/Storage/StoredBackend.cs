using System.Collections.Immutable;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Backends;

namespace Osmo.Grains.Storage;

/// <summary>What a store knows of a backend when its grain is activated.</summary>
/// <param name="Backend">The backend; null where there is none of that name.</param>
/// <param name="Requests">
/// The requests that made its last changes, newest first, at most <see cref="RequestsMax"/>; also of one that was deleted.
/// </param>
public sealed record LoadedBackend(StoredBackend? Backend, IReadOnlyList<AppliedRequest> Requests)
{
    /// <summary>How many requests a backend remembers.</summary>
    public const int RequestsMax = 1_024;
}

/// <summary>A request that was applied.</summary>
/// <param name="Request">The request.</param>
/// <param name="Revision">The revision that it made.</param>
public readonly record struct AppliedRequest(RequestId Request, long Revision);

/// <summary>A backend as a store holds it.</summary>
/// <param name="Record">The backend.</param>
/// <param name="Nodes">Its nodes.</param>
public sealed record StoredBackend(BackendRecord Record, IReadOnlyList<StoredNode> Nodes)
{
    /// <summary>Which messages of OSMO agents it has taken; see <see cref="BackendCommit.MessageMemory"/>.</summary>
    public ReadOnlyMemory<byte> MessageMemory { get; init; }
}

/// <summary>A node as a store holds it.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Uid">The node's uid.</param>
/// <param name="Unschedulable"><c>spec.unschedulable</c>.</param>
/// <param name="Conditions">The node's conditions, in its order.</param>
/// <param name="Facts">Labels, taints and resources.</param>
public sealed record StoredNode(
    string Name,
    string Uid,
    bool Unschedulable,
    ImmutableArray<ConditionPair> Conditions,
    NodeFacts Facts)
{
    /// <summary>See <see cref="NodeSnapshot.Version"/>.</summary>
    public required long Version { get; init; }

    /// <summary>The verdict that the node's grain wrote last. Newer rules may say otherwise, if the process died in between.</summary>
    public required bool Available { get; init; }

    /// <summary>When the verdict last changed; to the microsecond.</summary>
    public required DateTimeOffset AvailableSince { get; init; }

    /// <summary>What the agent judged; see <see cref="NodeSnapshot.AgentVerdict"/>.</summary>
    public bool? AgentVerdict { get; init; }

    /// <summary>See <see cref="NodeSnapshot.StoredLabel"/>.</summary>
    public string? VerifiedLabel { get; init; }

    /// <summary>What is in use; null where it is not known.</summary>
    public NodeUsage? Usage { get; init; }
}
