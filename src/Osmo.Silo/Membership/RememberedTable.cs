namespace Osmo.Silo.Membership;

/// <summary>
/// The table of members, which says what it said last while the database does not answer. Orleans drops what other members tell of the
/// table if a read of its own is under way then and fails: so a member without the database would not hear who died, and would send
/// callers to the dead. Writes fail as they do, and what is older than what is known already Orleans leaves alone.
/// </summary>
/// <param name="table">The table in the database.</param>
/// <param name="time">The clock.</param>
internal sealed class RememberedTable(IMembershipTable table, TimeProvider time) : IMembershipTable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile MembershipTableData? _last;

    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        table.InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    public Task DeleteMembershipTableEntries(string clusterId) =>
        table.DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) =>
        table.CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => table.ReadRowAsync(key, CancellationToken.None);

    public async Task<MembershipTableData> ReadAll()
    {
        try
        {
            return _last is null
                ? _last = await table.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)
                : _last = await table.ReadAllAsync(CancellationToken.None).WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (Exception) when (_last is not null)
        {
            return _last;
        }
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        table.InsertRowAsync(entry, tableVersion, CancellationToken.None);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        table.UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    public Task UpdateIAmAlive(MembershipEntry entry) => table.UpdateIAmAliveAsync(entry, CancellationToken.None);
}
