using Osmo.Domain.Backends;
using Osmo.Grains.Backends;

namespace Osmo.Configs.Storage;

/// <summary>A revision before the store gives it its number.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Name">What of the type it changes, such as a pool's name; empty for the whole.</param>
/// <param name="Username">Who makes it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Description">Why, in words.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="DocumentJson">The complete document of the type after the change, with its secrets sealed.</param>
/// <param name="Request">The request that makes it; null where it has no name.</param>
public sealed record ConfigDraft(
    ConfigType Type,
    string Name,
    string Username,
    DateTimeOffset CreatedAt,
    string Description,
    TextList Tags,
    string DocumentJson,
    RequestId? Request = null);

/// <summary>A revision.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Revision">Its number, from 1 on without gaps in each type.</param>
/// <param name="Name">What of the type it changed; empty for the whole.</param>
/// <param name="Username">Who made it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Description">Why, in words.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="DocumentJson">
/// The complete document with its secrets sealed; for BACKEND only that of the backend that changed, null where it was deleted. Null where
/// the query left it out.
/// </param>
/// <param name="DeletedBy">Who deleted it; null where nobody did.</param>
public sealed record ConfigRevision(
    ConfigType Type,
    long Revision,
    string Name,
    string Username,
    DateTimeOffset CreatedAt,
    string Description,
    TextList Tags,
    string? DocumentJson,
    string? DeletedBy = null);
