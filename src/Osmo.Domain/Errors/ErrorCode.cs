namespace Osmo.Domain.Errors;

/// <summary>
/// Every kind of failure that a caller of a grain can see. The gateway maps each to an HTTP status, the CLI to an exit code.
/// </summary>
public enum ErrorCode
{
    /// <summary>The request breaks a rule; it will never succeed as it is.</summary>
    Invalid,

    /// <summary>What the request names does not exist.</summary>
    NotFound,

    /// <summary>The caller's <c>If-Match</c> names a revision that is no longer the current one.</summary>
    PreconditionFailed,

    /// <summary>The request cannot be served now; the same request may succeed later.</summary>
    Unavailable,

    /// <summary>
    /// The activation that was asked does not own the backend any more. Gateways ask again by themselves; a caller sees this only if that
    /// took longer than the caller's deadline.
    /// </summary>
    Moved,
}
