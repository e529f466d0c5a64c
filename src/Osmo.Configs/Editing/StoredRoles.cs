using Osmo.Access.Roles;
using Osmo.Configs.Storage;

namespace Osmo.Configs.Editing;

/// <summary>The roles of the ROLE configuration; the preassigned ones where there is none yet.</summary>
/// <param name="store">Where it is.</param>
public sealed class StoredRoles(IConfigStore store) : IRoleSource
{
    /// <inheritdoc/>
    public Task<long> ReadRevisionAsync(CancellationToken cancellationToken) =>
        store.ReadNewestNumberAsync(ConfigType.Role, cancellationToken);

    /// <inheritdoc/>
    public async Task<(long Revision, IReadOnlyList<Role> Roles)> ReadAsync(CancellationToken cancellationToken) =>
        await store.ReadNewestAsync(ConfigType.Role, cancellationToken).ConfigureAwait(false) is { } newest
            ? (newest.Revision, RoleCompletion.Read(Configurations.Snapshot(newest).Entries))
            : (0, PreassignedRoles.All);
}
