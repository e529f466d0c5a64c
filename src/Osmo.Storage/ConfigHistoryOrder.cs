namespace Osmo.Storage;

/// <summary>
/// How revisions of several types are sorted, in SQL: by time, but those of one type always by their numbers. Clocks of processes differ,
/// so a revision stands no later than the newer ones of its type: its place is the earliest time from it to the newest. That
/// does not depend on older ones, so a page needs no more of each type than it could show.
/// </summary>
internal static class ConfigHistoryOrder
{
    /// <summary>The newest first; <c>place</c> is the least <c>created_at</c> of the revision and the newer ones of its type.</summary>
    public const string Newest = "place DESC, revision DESC, config_type DESC";

    /// <summary>The oldest first.</summary>
    public const string Oldest = "place, revision, config_type";
}
