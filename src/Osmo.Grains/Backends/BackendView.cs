using Osmo.Domain.Backends;

namespace Osmo.Grains.Backends;

/// <summary>A backend as it is durably known at one moment. Immutable.</summary>
/// <param name="Record">Null where no agent has registered the backend.</param>
/// <param name="LastHeartbeat">When its agent was last heard of, to the turn; null where it never was.</param>
/// <param name="ClusterError">Why a connected agent cannot watch its cluster at the moment; null while it can.</param>
/// <param name="AgentSynced">Null where no agent is connected; false while its snapshot is coming in; true after.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.backend-view")]
public sealed record BackendView(
    [property: Id(0)] BackendRecord? Record,
    [property: Id(1)] DateTimeOffset? LastHeartbeat,
    [property: Id(2)] bool? AgentSynced,
    [property: Id(3)] string? ClusterError);
