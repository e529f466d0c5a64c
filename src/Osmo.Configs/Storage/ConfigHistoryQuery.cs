using System.Collections.Immutable;

namespace Osmo.Configs.Storage;

/// <summary>
/// Which revisions to read. The newest <see cref="Limit"/> that match, after <see cref="Offset"/>, are taken; <see cref="Ascending"/>
/// only orders those.
/// </summary>
public sealed record ConfigHistoryQuery
{
    /// <summary>Only revisions of these types, in the order of time; those of one type by number, whatever the clocks said.</summary>
    public ImmutableArray<ConfigType> Types { get; init; } = ConfigTypes.All;

    /// <summary>Revisions to skip, newest first.</summary>
    public int Offset { get; init; }

    /// <summary>Most revisions to return.</summary>
    public int Limit { get; init; } = 20;

    /// <summary>Oldest first.</summary>
    public bool Ascending { get; init; } = true;

    /// <summary>Only changes of what has this name.</summary>
    public string? Name { get; init; }

    /// <summary>Only revisions with this number.</summary>
    public long? Revision { get; init; }

    /// <summary>Only revisions that carry all of these tags.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Only revisions older than this.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Only revisions newer than this.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>
    /// Of each type only the newest revision that is not newer than this; offset, limit and the other filters do not count.
    /// </summary>
    public DateTimeOffset? AtTimestamp { get; init; }

    /// <summary>Whether to leave the documents out.</summary>
    public bool OmitDocuments { get; init; }
}
