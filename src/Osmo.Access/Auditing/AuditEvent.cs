namespace Osmo.Access.Auditing;

/// <summary>Something that a caller changed.</summary>
/// <param name="At">When.</param>
/// <param name="Username">Who.</param>
/// <param name="Action">What was done, such as <c>create</c>, or the method of a request.</param>
/// <param name="Target">What it was done to: <c>token/service/NAME</c>, <c>signing-key/ID</c>, or the path of a request.</param>
/// <param name="Address">From where: the network address of the caller.</param>
/// <param name="RequestId">Which request it was: the trace id that its answer and the log have too.</param>
public sealed record AuditEvent(
    DateTimeOffset At, string Username, string Action, string Target, string Address, string RequestId);

/// <summary>An event of the trail.</summary>
/// <param name="Number">Later ones have greater numbers.</param>
/// <param name="Event">What happened.</param>
public sealed record AuditRecord(long Number, AuditEvent Event);

/// <summary>Which events of the trail.</summary>
public sealed record AuditQuery
{
    /// <summary>Most events, from 1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Only events with a smaller number; null for no bound.</summary>
    public long? Before { get; init; }

    /// <summary>Only what this user did; null for everybody.</summary>
    public string? Username { get; init; }
}
