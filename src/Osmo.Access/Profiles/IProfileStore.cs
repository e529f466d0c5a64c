using Osmo.Domain.Errors;

namespace Osmo.Access.Profiles;

/// <summary>
/// Where profiles are stored. All methods fail with <see cref="OsmoException"/> (<see cref="ErrorCode.Unavailable"/>) where the database
/// cannot be used.
/// </summary>
public interface IProfileStore
{
    /// <summary>A user's profile; <see cref="UserProfile.Empty"/> where there is none.</summary>
    Task<UserProfile> ReadAsync(string user, CancellationToken cancellationToken);

    /// <summary>Changes a user's profile.</summary>
    /// <param name="user">The user.</param>
    /// <param name="change">What to set; null leaves alone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task ChangeAsync(string user, ProfileChange change, CancellationToken cancellationToken);
}

/// <summary>A change of a profile: what is null stays as it is.</summary>
public sealed record ProfileChange(string? Pool, string? Bucket, bool? EmailNotification, bool? SlackNotification);
