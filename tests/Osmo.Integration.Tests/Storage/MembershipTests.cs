using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Runtime;
using Osmo.Storage.Postgres;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>Orleans' own provider on the tables of membership that our migrations make.</summary>
public sealed class MembershipTests(SharedPostgres postgres) : IAsyncLifetime
{
    private static readonly DateTime Now = new(2026, 11, 1, 8, 0, 0, 123, DateTimeKind.Utc);

    private string _database = null!;
    private IHost _host = null!;
    private IMembershipTable _table = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Cancel);
        await (await PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = _database }, Cancel)).DisposeAsync();
        (_host, _table) = await JoinAsync("one");
    }

    public ValueTask DisposeAsync()
    {
        _host.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Every_field_of_a_member_comes_back()
    {
        var entry = Entry(11_111);
        Assert.True(await InsertAsync(entry));
        entry.Status = SiloStatus.Dead;
        entry.IAmAliveTime = Now.AddSeconds(5);
        entry.SuspectTimes = [Tuple.Create(Address(11_112), Now.AddSeconds(1)), Tuple.Create(Address(11_113), Now.AddSeconds(2))];
        Assert.True(await UpdateAsync(entry));

        foreach (var read in new[] { await _table.ReadAllAsync(Cancel), await _table.ReadRowAsync(entry.SiloAddress, Cancel) })
        {
            Assert.Equal((2, "2"), (read.Version.Version, read.Version.VersionEtag));
            var member = Assert.Single(read.Members).Item1;
            Assert.Equal(
                (entry.SiloAddress, entry.SiloName, entry.HostName, entry.Status, entry.ProxyPort),
                (member.SiloAddress, member.SiloName, member.HostName, member.Status, member.ProxyPort));
            Assert.Equal((entry.StartTime, entry.IAmAliveTime), (member.StartTime, member.IAmAliveTime));
            Assert.Equal(entry.SuspectTimes, member.SuspectTimes);
        }
    }

    [Fact]
    public async Task Without_members_there_is_a_version()
    {
        Assert.Equal(0, (await _table.ReadAllAsync(Cancel)).Version.Version);
        Assert.Empty((await _table.ReadAllAsync(Cancel)).Members);
        var absent = await _table.ReadRowAsync(Address(11_111), Cancel);
        Assert.Equal(0, absent.Version.Version);
        Assert.Empty(absent.Members);
    }

    [Fact]
    public async Task Whoever_knows_an_older_version_changes_nothing()
    {
        var old = (await _table.ReadAllAsync(Cancel)).Version.Next();
        Assert.True(await _table.InsertRowAsync(Entry(11_111), old, Cancel));

        Assert.False(await _table.InsertRowAsync(Entry(11_112), old, Cancel));
        Assert.False(await _table.UpdateRowAsync(Entry(11_111, SiloStatus.Dead), old.VersionEtag, old, Cancel));

        var read = await _table.ReadAllAsync(Cancel);
        Assert.Equal(1, read.Version.Version);
        Assert.Equal(SiloStatus.Active, Assert.Single(read.Members).Item1.Status);
    }

    [Fact]
    public async Task A_member_is_inserted_once_and_one_that_is_not_there_is_not_changed()
    {
        Assert.True(await InsertAsync(Entry(11_111)));

        Assert.False(await InsertAsync(Entry(11_111, SiloStatus.Dead)));
        Assert.False(await UpdateAsync(Entry(11_112)));

        var read = await _table.ReadAllAsync(Cancel);
        Assert.Equal(1, read.Version.Version);
        Assert.Equal(SiloStatus.Active, Assert.Single(read.Members).Item1.Status);
    }

    [Fact]
    public async Task Of_those_who_insert_at_once_each_gets_a_version_of_its_own()
    {
        const int Silos = 8;
        await Task.WhenAll(Enumerable.Range(0, Silos).Select(async i =>
        {
            while (!await InsertAsync(Entry(11_111 + i)))
            {
            }
        }));

        var read = await _table.ReadAllAsync(Cancel);
        Assert.Equal(Silos, read.Version.Version);
        Assert.Equal(Silos, read.Members.Count);
    }

    [Fact]
    public async Task That_a_silo_lives_is_no_new_version()
    {
        var entry = Entry(11_111);
        Assert.True(await InsertAsync(entry));
        entry.IAmAliveTime = Now.AddMinutes(1);
        await _table.UpdateIAmAliveAsync(entry, Cancel);

        var read = await _table.ReadAllAsync(Cancel);
        Assert.Equal(1, read.Version.Version);
        Assert.Equal(Now.AddMinutes(1), Assert.Single(read.Members).Item1.IAmAliveTime);
    }

    [Fact]
    public async Task Those_who_are_dead_for_long_are_cleaned_away()
    {
        (SiloStatus Status, DateTime Alive)[] silos =
        [
            (SiloStatus.Active, Now), (SiloStatus.Dead, Now), (SiloStatus.Joining, Now), (SiloStatus.Dead, Now.AddHours(2)),
            (SiloStatus.Dead, Now),
        ];
        foreach (var (i, (status, alive)) in silos.Index())
        {
            var entry = Entry(11_111 + i, status);
            entry.IAmAliveTime = alive;
            Assert.True(await InsertAsync(entry));
        }

        var suspected = Entry(11_115, SiloStatus.Dead);
        suspected.SuspectTimes = [Tuple.Create(Address(11_111), Now)];
        Assert.True(await UpdateAsync(suspected));

        await _table.CleanupDefunctSiloEntriesAsync(Now.AddHours(1), Cancel);

        var left = (await _table.ReadAllAsync(Cancel)).Members.Select(member => member.Item1.SiloAddress.Endpoint.Port).Order();
        Assert.Equal([11_111, 11_113, 11_114], left);
    }

    [Fact]
    public async Task Clusters_in_one_database_are_apart_and_one_can_be_deleted()
    {
        var (another, table) = await JoinAsync("another");
        using (another)
        {
            Assert.True(await InsertAsync(Entry(11_111)));
            Assert.True(await table.InsertRowAsync(Entry(11_112), (await table.ReadAllAsync(Cancel)).Version.Next(), Cancel));

            await table.DeleteMembershipTableEntriesAsync("another", Cancel);
            await table.InitializeMembershipTableAsync(tryInitTableVersion: true, Cancel);

            Assert.Empty((await table.ReadAllAsync(Cancel)).Members);
            Assert.Single((await _table.ReadAllAsync(Cancel)).Members);
        }
    }

    [Fact]
    public async Task Clients_are_told_the_gateways_of_active_silos()
    {
        Assert.True(await InsertAsync(Entry(11_111)));
        Assert.True(await InsertAsync(Entry(11_112, SiloStatus.Dead)));
        var without = Entry(11_113);
        without.ProxyPort = 0;
        Assert.True(await InsertAsync(without));

        using var client = new HostBuilder().UseOrleansClient(builder => builder
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("one", "osmo"))
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", _database))).Build();
        var gateways = client.Services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider();

        var gateway = Assert.Single(await gateways.GetGateways());
        Assert.Equal(("127.0.0.1", 30_000), (gateway.Host, gateway.Port));
    }

    private static SiloAddress Address(int port) => SiloAddress.New(IPAddress.Loopback, port, 7);

    private static MembershipEntry Entry(int port, SiloStatus status = SiloStatus.Active) => new()
    {
        SiloAddress = Address(port),
        SiloName = StoreSamples.OddText,
        HostName = "host",
        Status = status,
        ProxyPort = 30_000,
        StartTime = Now,
        IAmAliveTime = Now,
    };

    private async Task<bool> InsertAsync(MembershipEntry entry) =>
        await _table.InsertRowAsync(entry, (await _table.ReadAllAsync(Cancel)).Version.Next(), Cancel);

    private async Task<bool> UpdateAsync(MembershipEntry entry)
    {
        var read = await _table.ReadAllAsync(Cancel);
        return await _table.UpdateRowAsync(entry, read.Members[0].Item2, read.Version.Next(), Cancel);
    }

    /// <summary>The provider as a silo has it, without the silo.</summary>
    private async Task<(IHost Host, IMembershipTable Table)> JoinAsync(string cluster)
    {
        var host = new HostBuilder().ConfigureLogging(logging => logging.ClearProviders()).UseOrleans(silo => silo
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, "osmo"))
            .Configure<EndpointOptions>(options => options.AdvertisedIPAddress = IPAddress.Loopback)
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", _database))).Build();
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true, Cancel);
        return (host, table);
    }
}
