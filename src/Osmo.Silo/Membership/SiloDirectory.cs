using Osmo.Grains.Silos;

namespace Osmo.Silo.Membership;

/// <summary>The members as Orleans' membership has them, each with what it said last.</summary>
internal sealed class SiloDirectory(Members members, SiloLoads loads, LocalSilo local, IGrainFactory grains, TimeProvider time)
    : ISiloDirectory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Orleans counts the seconds since then to tell one start of a silo from the next.</summary>
    private static readonly DateTimeOffset GenerationsBegin = new(2022, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public async Task<IReadOnlyList<SiloSummary>> ListAsync(CancellationToken cancellationToken)
    {
        var rows = await ReadTableAsync(cancellationToken).ConfigureAwait(false)
            ?? [.. members.All.Select(member => new Row(member.SiloAddress, member.Name, member.Status, StartOf(member.SiloAddress)))];
        return
        [
            .. rows
                .Where(row => row.Status != SiloStatus.Dead)
                .OrderBy(row => row.Name, StringComparer.Ordinal).ThenBy(row => row.StartedAt)
                .Select(row => new SiloSummary(
                    row.Name,
                    row.Address.ToParsableString(),
                    row.Status.ToString(),
                    members.HostsBackends(row.Address),
                    row.StartedAt,
                    row.Address.Equals(members.Own) ? local.Load : loads.Find(row.Address))),
        ];
    }

    /// <summary>The table of members; null if the database does not answer: what is known without it is better than nothing.</summary>
    private async Task<Row[]?> ReadTableAsync(CancellationToken cancellationToken)
    {
        try
        {
            var entries = await grains.GetGrain<IManagementGrain>(0).GetDetailedHosts(onlyActive: false, cancellationToken)
                .WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
            return
            [
                .. entries.Select(entry => new Row(
                    entry.SiloAddress, entry.SiloName, entry.Status, new DateTimeOffset(entry.StartTime, TimeSpan.Zero))),
            ];
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static DateTimeOffset StartOf(SiloAddress silo) => GenerationsBegin + TimeSpan.FromSeconds(silo.Generation);

    private sealed record Row(SiloAddress Address, string Name, SiloStatus Status, DateTimeOffset StartedAt);
}
