using Osmo.Grains.Errors;

namespace Osmo.Access.Auditing;

/// <summary>
/// Who changed what. Both methods fail with <see cref="OsmoException"/> (<see cref="ErrorCode.Unavailable"/>) where the database cannot
/// be used.
/// </summary>
public interface IAuditTrail
{
    /// <summary>Appends events in their order, all or none.</summary>
    Task AppendAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancellationToken);

    /// <summary>Events, the newest first.</summary>
    Task<IReadOnlyList<AuditRecord>> ReadAsync(AuditQuery query, CancellationToken cancellationToken);
}
