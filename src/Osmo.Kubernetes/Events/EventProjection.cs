namespace Osmo.Kubernetes;

/// <summary>What matters of a Kubernetes Event: what happened to which object, and when. Immutable.</summary>
public sealed record EventProjection
{
    /// <summary><c>involvedObject.kind</c>, such as Pod.</summary>
    public string ObjectKind { get; init; } = "";

    /// <summary><c>involvedObject.name</c>.</summary>
    public string ObjectName { get; init; } = "";

    /// <summary><c>involvedObject.uid</c>; may be empty.</summary>
    public string ObjectUid { get; init; } = "";

    /// <summary><c>type</c>: Normal or Warning.</summary>
    public string Type { get; init; } = "";

    /// <summary><c>reason</c>, such as FailedScheduling.</summary>
    public string Reason { get; init; } = "";

    /// <summary><c>message</c>, cut where it is very long.</summary>
    public string Message { get; init; } = "";

    /// <summary>
    /// When it was last seen: <c>series.lastObservedTime</c>, else <c>lastTimestamp</c>, <c>eventTime</c>, <c>firstTimestamp</c>, or when
    /// it was written; null where nothing says it.
    /// </summary>
    public DateTimeOffset? Time { get; init; }
}
