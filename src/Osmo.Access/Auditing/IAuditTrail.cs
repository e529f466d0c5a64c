using Osmo.Domain.Errors;

namespace Osmo.Access.Auditing;

/// <summary>
/// Who changed what. All methods fail with <see cref="OsmoException"/> (<see cref="ErrorCode.Unavailable"/>) where the database cannot
/// be used.
/// </summary>
public interface IAuditTrail
{
    /// <summary>Appends events in their order, all or none.</summary>
    Task AppendAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancellationToken);

    /// <summary>Deletes some of the oldest events. One process at a time does; while another one does, nothing is deleted.</summary>
    /// <param name="before">Only events from before that.</param>
    /// <param name="countMax">Most events to delete.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many were deleted.</returns>
    Task<int> DeleteAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken);

    /// <summary>Events, the newest first.</summary>
    Task<IReadOnlyList<AuditRecord>> ReadAsync(AuditQuery query, CancellationToken cancellationToken);
}
