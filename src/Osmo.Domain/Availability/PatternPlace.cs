namespace Osmo.Domain.Availability;

/// <summary>Where a pattern of <c>rules</c> stands.</summary>
internal enum PatternPlace
{
    /// <summary>Before the colon: matches types, anchored at its start.</summary>
    Type,

    /// <summary>After the colon: matches a whole status.</summary>
    Status,
}
