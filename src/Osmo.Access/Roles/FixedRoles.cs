namespace Osmo.Access.Roles;

/// <summary>The preassigned roles and no others: where no roles are stored.</summary>
public sealed class FixedRoles : IRoleSource
{
    /// <inheritdoc/>
    public Task<long> ReadRevisionAsync(CancellationToken cancellationToken) => Task.FromResult(0L);

    /// <inheritdoc/>
    public Task<(long Revision, IReadOnlyList<Role> Roles)> ReadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<(long, IReadOnlyList<Role>)>((0, PreassignedRoles.All));
}
