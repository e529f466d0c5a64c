using Osmo.Domain.Backends;
using Osmo.Grains.Backends;

namespace Osmo.Grains.Storage;

/// <summary>An entry of the configuration history, before the store gives it its revision.</summary>
/// <param name="Username">Who made the change.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Description">Why, in words.</param>
/// <param name="Tags">Tags of the revision.</param>
/// <param name="DocumentJson">The backend's document after the change; null where the backend was deleted.</param>
/// <param name="Request">The request that made the change; null where it had no name.</param>
public sealed record HistoryDraft(
    string Username,
    DateTimeOffset CreatedAt,
    string Description,
    TextList Tags,
    string? DocumentJson,
    RequestId? Request = null);

/// <summary>An entry of the configuration history.</summary>
/// <param name="Revision">Its number; the BACKEND history has one sequence over all backends.</param>
/// <param name="Backend">The backend that changed.</param>
/// <param name="Change">Who, when, why, and the document.</param>
public sealed record HistoryEntry(long Revision, BackendName Backend, HistoryDraft Change);
