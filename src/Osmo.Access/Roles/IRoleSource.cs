namespace Osmo.Access.Roles;

/// <summary>Where the roles are from.</summary>
public interface IRoleSource
{
    /// <summary>The number that says whether the roles are others than before; asked every second by every gateway.</summary>
    Task<long> ReadRevisionAsync(CancellationToken cancellationToken);

    /// <summary>The roles as they are now, with the number of their revision.</summary>
    Task<(long Revision, IReadOnlyList<Role> Roles)> ReadAsync(CancellationToken cancellationToken);
}
