using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of backends.</summary>
public abstract class BackendStoreContract(StoreUnderTest database) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IBackendStore Store => database.Store;

    public async ValueTask InitializeAsync() => await database.OpenAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task An_empty_store_answers_with_nothing()
    {
        await Store.CheckAsync(Cancel);
        Assert.Empty(await Store.ListAsync(Cancel));
        var loaded = (await LoadAsync("east")).Loaded;
        Assert.Null(loaded.Backend);
        Assert.Empty(loaded.Requests);
        Assert.Empty(await Store.ListAsync(Cancel));
    }

    [Fact]
    public async Task Every_field_of_a_backend_comes_back()
    {
        Assert.True(NodeConditionRules.TryCreate(["Gpu*", "Ready"], ["Old*"], out var rules, out _));
        Assert.True(NodeConditionPrefix.TryCreate("team-a.osmo.nvidia.com/", out var prefix, out _));
        var record = new BackendRecord(
            StoreSamples.Name("east"),
            new BackendConfig
            {
                Description = StoreSamples.OddText,
                DashboardUrl = "https://dash.example.com/?a=b&c",
                GrafanaUrl = "https://grafana.example.com",
                RouterAddress = "wss://router.example.com",
                Tests = new TextList(["b", "a"]),
                CacheConfigJson = """{"endpoints":[{"url":"s3://x"}]}""",
                Scheduler = new SchedulerSettings("kai", "kai-scheduler", true, 77),
                NodeConditions = rules,
                EnableNodeLabelUpdate = true,
            },
            new BackendRegistration(null, StoreSamples.OddText, StoreSamples.OddText, prefix, AgentLabelUpdates: true)
            {
                Protocol = AgentProtocol.Listener,
            },
            Revision: 0,
            StoreSamples.Now,
            StoreSamples.Now.AddSeconds(9));
        var created = await LoadAsync("east");
        await created.ChangeAsync("before");
        var changed = created.Commit() with { Record = record, History = StoreSamples.Draft(record) };
        var another = record with { Name = StoreSamples.Name("west") };
        var revision = await created.CommitAsync(changed);
        await Store.CommitAsync(changed with { Backend = another.Name, Creates = true, Record = another, History = null }, Cancel);

        await database.OpenAsync(Cancel);

        // A change leaves the heartbeat alone.
        var expected = record with { Revision = revision!.Value, LastHeartbeat = null };
        Assert.Collection(
            await Store.ListAsync(Cancel),
            east => StoreAssert.Same(expected, east),
            west => StoreAssert.Same(another, west));
        StoreAssert.Same(expected, (await LoadAsync("east")).Loaded.Backend!.Record);
    }

    [Fact]
    public async Task A_record_without_history_keeps_the_revision_that_it_names()
    {
        await ActiveBackend.CreateAsync(Store, "west");
        var east = await LoadAsync("east");
        var record = StoreSamples.Record("east", version: "2.0") with { Revision = (await east.ChangeAsync())!.Value };

        Assert.Null(await east.CommitAsync(east.Commit() with { Record = record }));

        StoreAssert.Same(record, (await LoadAsync("east")).Loaded.Backend!.Record);
    }

    [Fact]
    public async Task A_heartbeat_of_its_own_is_stored_and_a_later_record_leaves_it()
    {
        var east = await ActiveBackend.CreateAsync(Store, "east");
        var heard = StoreSamples.Now + TimeSpan.FromMinutes(3);
        await east.CommitAsync(east.Commit() with { Heartbeat = heard });
        await east.ChangeAsync("changed");

        var record = Assert.Single(await Store.ListAsync(Cancel));
        Assert.Equal("changed", record.Config.Description);
        Assert.Equal(heard, record.LastHeartbeat);

        await east.CommitAsync(east.Change() with { Heartbeat = heard.AddSeconds(1) });
        Assert.Equal(heard.AddSeconds(1), Assert.Single(await Store.ListAsync(Cancel)).LastHeartbeat);

        await east.DeleteAsync();
        await east.CommitAsync(east.Change() with { Heartbeat = heard.AddSeconds(2) });
        Assert.Equal(heard.AddSeconds(2), Assert.Single(await Store.ListAsync(Cancel)).LastHeartbeat);
    }

    [Fact]
    public async Task Backends_are_listed_by_the_bytes_of_their_names()
    {
        string[] names = ["b", "a-b", "a0", "a", "ab", "10", "9"];
        foreach (var name in names)
        {
            await ActiveBackend.CreateAsync(Store, name);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), (await Store.ListAsync(Cancel)).Select(record => record.Name.Value));
    }

    [Fact]
    public async Task A_deleted_backend_is_gone_with_all_that_it_had_and_may_come_again()
    {
        var east = await ActiveBackend.CreateAsync(Store, "east", StoreSamples.Node("a"), StoreSamples.Node("b"));
        var west = await ActiveBackend.CreateAsync(Store, "west", StoreSamples.Node("a"));
        await east.CommitAsync(east.Commit() with { MessageMemory = [0, 1, 255] });

        Assert.Equal(4, await east.DeleteAsync());

        Assert.Null((await LoadAsync("east")).Loaded.Backend);
        Assert.Equal("west", Assert.Single(await Store.ListAsync(Cancel)).Name.Value);
        await west.ConfirmAsync();
        Assert.Single((await LoadAsync("west")).Loaded.Backend!.Nodes);

        await east.ChangeAsync();
        var again = (await LoadAsync("east")).Loaded.Backend!;
        Assert.Empty(again.Nodes);
        Assert.Empty(again.MessageMemory.ToArray());
    }

    [Fact]
    public async Task The_messages_that_were_taken_come_back()
    {
        var east = await ActiveBackend.CreateAsync(Store, "east");
        await ActiveBackend.CreateAsync(Store, "west");
        await east.CommitAsync(east.Change() with { MessageMemory = [0, 1, 255] });
        Assert.Equal([0, 1, 255], (await LoadAsync("east")).Loaded.Backend!.MessageMemory.ToArray());
        Assert.Empty((await LoadAsync("west")).Loaded.Backend!.MessageMemory.ToArray());

        var next = await LoadAsync("east");
        await next.CommitAsync(next.Commit() with { MessageMemory = [] });
        Assert.Empty((await LoadAsync("east")).Loaded.Backend!.MessageMemory.ToArray());
    }

    [Fact]
    public async Task Commits_of_many_backends_at_once_are_all_there_with_dense_revisions_in_the_order_of_each_backend()
    {
        const int Backends = 40, Changes = 12;
        var revisions = await Task.WhenAll(Enumerable.Range(0, Backends).Select(async b =>
        {
            var backend = await LoadAsync($"backend-{b}");
            var given = new List<long>();
            for (var change = 0; change < Changes; change++)
            {
                given.Add((await backend.ChangeAsync($"change {change}"))!.Value);
                await backend.InsertAsync(StoreSamples.Node($"n{change}"));
            }

            return given;
        }));

        Assert.Equal(Enumerable.Range(2, Backends * Changes).Select(n => (long)n), revisions.SelectMany(given => given).Order());
        Assert.All(revisions, given => Assert.Equal(given.Order(), given));
        Assert.All(await Store.ListAsync(Cancel), record => Assert.Equal($"change {Changes - 1}", record.Config.Description));
        var query = new ConfigHistoryQuery { Types = [ConfigType.Backend], Limit = 10_000 };
        var history = await database.Configs.ReadHistoryAsync(query, Cancel);
        for (var b = 0; b < Backends; b++)
        {
            Assert.Equal(Changes, (await LoadAsync($"backend-{b}")).Loaded.Backend!.Nodes.Count);
            var entries = history.Where(entry => entry.Name == $"backend-{b}").ToList();
            Assert.Equal(revisions[b], entries.Select(entry => entry.Revision));
            Assert.Equal(
                Enumerable.Range(0, Changes).Select(change => $"change {change}"), entries.Select(entry => entry.Description));
        }
    }

    [Fact]
    public async Task The_requests_of_the_last_changes_come_back_newest_first_also_of_a_deleted_backend()
    {
        var (east, west) = (await LoadAsync("east"), await LoadAsync("west"));
        await east.ChangeAsync(request: new RequestId("first", long.MinValue));
        await east.ChangeAsync();
        await west.ChangeAsync(request: new RequestId("other", 1));
        await east.ChangeAsync(request: new RequestId(StoreSamples.OddText, -7));

        var next = await LoadAsync("east");
        Assert.Equal([new(new(StoreSamples.OddText, -7), 5), new(new("first", long.MinValue), 2)], next.Loaded.Requests);

        await next.DeleteAsync();
        for (var i = 0; i < LoadedBackend.RequestsMax; i++)
        {
            await west.ChangeAsync(request: new RequestId($"r{i}", i));
        }

        Assert.Equal(next.Loaded.Requests, (await LoadAsync("east")).Loaded.Requests);
        Assert.Equal(
            Enumerable.Range(0, LoadedBackend.RequestsMax).Reverse().Select(i => $"r{i}"),
            (await LoadAsync("west")).Loaded.Requests.Select(request => request.Request.Key));
    }

    private Task<ActiveBackend> LoadAsync(string name) => ActiveBackend.LoadAsync(Store, name);
}

public sealed class SqliteBackendStoreTests() : BackendStoreContract(new SqliteUnderTest());

public sealed class PostgresBackendStoreTests(SharedPostgres postgres) : BackendStoreContract(new PostgresUnderTest(postgres));
