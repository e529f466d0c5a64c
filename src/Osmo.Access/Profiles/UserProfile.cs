namespace Osmo.Access.Profiles;

/// <summary>What a user has set for themselves.</summary>
/// <param name="Pool">The pool that commands mean where none is named; null for none.</param>
/// <param name="Bucket">The bucket likewise.</param>
/// <param name="EmailNotification">Whether they want mail about their work.</param>
/// <param name="SlackNotification">Whether they want Slack messages about it.</param>
public sealed record UserProfile(string? Pool, string? Bucket, bool EmailNotification, bool SlackNotification)
{
    /// <summary>Of a user who has set nothing.</summary>
    public static UserProfile Empty { get; } = new(null, null, false, false);
}
