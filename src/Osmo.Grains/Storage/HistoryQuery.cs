using System.Collections.Immutable;

namespace Osmo.Grains.Storage;

/// <summary>
/// Which entries of the BACKEND history to read. The newest <see cref="Limit"/> entries that match, after
/// <see cref="Offset"/>, are taken; <see cref="Ascending"/> only orders those.
/// </summary>
public sealed record HistoryQuery
{
    /// <summary>Entries to skip, newest first.</summary>
    public int Offset { get; init; }

    /// <summary>Most entries to return.</summary>
    public int Limit { get; init; } = 20;

    /// <summary>Oldest first.</summary>
    public bool Ascending { get; init; } = true;

    /// <summary>Only changes of this backend.</summary>
    public string? Name { get; init; }

    /// <summary>Only this revision.</summary>
    public long? Revision { get; init; }

    /// <summary>Only entries that carry all of these tags.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Only entries older than this.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Only entries newer than this.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>Only the newest entry that is not newer than this.</summary>
    public DateTimeOffset? AtTimestamp { get; init; }
}
