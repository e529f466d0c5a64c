namespace Osmo.Access.Roles;

/// <summary>Where the roles are from.</summary>
public interface IRoleSource
{
    /// <summary>The roles as they are now, with the number of the revision that says whether they are others than before.</summary>
    /// <remarks>Asked every second by every gateway.</remarks>
    Task<(long Revision, IReadOnlyList<Role> Roles)> ReadAsync(CancellationToken cancellationToken);
}
