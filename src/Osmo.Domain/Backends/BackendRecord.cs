namespace Osmo.Domain.Backends;

/// <summary>Everything durable about a backend but its nodes. Immutable.</summary>
/// <param name="Name">The backend's name.</param>
/// <param name="Config">What operators configure.</param>
/// <param name="Registration">What the agent reports.</param>
/// <param name="Revision">The revision of the BACKEND configuration history that wrote this record; the entity tag of the backend.</param>
/// <param name="CreatedAt">When the backend first registered.</param>
/// <param name="LastHeartbeat">When its agent was last heard of; null when it never was. Written at intervals, so after a crash it
/// may lag by <see cref="HeartbeatWriteInterval"/>.</param>
public sealed record BackendRecord(
    BackendName Name,
    BackendConfig Config,
    BackendRegistration Registration,
    long Revision,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastHeartbeat)
{
    /// <summary>A backend is online when its agent was heard of within this time (OSMO's rule).</summary>
    public static readonly TimeSpan OnlineWindow = TimeSpan.FromMinutes(2);

    /// <summary>How often the time of the last heartbeat is written while nothing else is.</summary>
    public static readonly TimeSpan HeartbeatWriteInterval = TimeSpan.FromSeconds(15);

    /// <summary>Whether labels are kept up to date: the configuration or the agent's deployment asks for it.</summary>
    public bool LabelUpdates => Config.EnableNodeLabelUpdate || Registration.AgentLabelUpdates;

    /// <summary>Whether the agent was heard of within <see cref="OnlineWindow"/>.</summary>
    public bool IsOnline(DateTimeOffset now) => LastHeartbeat is { } heard && now - heard <= OnlineWindow;
}
