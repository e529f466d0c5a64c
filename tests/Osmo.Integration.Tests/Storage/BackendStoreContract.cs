using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Grains.Availability;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of backends and their nodes.</summary>
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
        var loaded = await Store.LoadAsync(StoreSamples.Name("east"), owner: null, Cancel);
        Assert.Null(loaded.Backend);
        Assert.Empty(loaded.Requests);
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
        var revision = await Store.CommitAsync(
            new BackendCommit(record.Name) { Record = record, History = StoreSamples.Draft(record) }, Cancel);

        await database.OpenAsync(Cancel);

        var expected = record with { Revision = revision!.Value };
        AssertSame(expected, Assert.Single(await Store.ListAsync(Cancel)));
        AssertSame(expected, (await Store.LoadAsync(record.Name, owner: null, Cancel)).Backend!.Record);
    }

    [Fact]
    public async Task A_record_without_history_keeps_the_revision_that_it_names()
    {
        await Store.CommitAsync(StoreSamples.Change("west"), Cancel);
        var revision = await Store.CommitAsync(StoreSamples.Change("east"), Cancel);
        var record = StoreSamples.Record("east", version: "2.0") with { Revision = revision!.Value };

        Assert.Null(await Store.CommitAsync(new BackendCommit(record.Name) { Record = record }, Cancel));

        AssertSame(record, (await Store.LoadAsync(record.Name, owner: null, Cancel)).Backend!.Record);
    }

    [Fact]
    public async Task A_heartbeat_of_its_own_is_stored_and_a_later_record_leaves_it()
    {
        await Store.CommitAsync(StoreSamples.Change("east"), Cancel);
        var heard = StoreSamples.Now + TimeSpan.FromMinutes(3);
        await Store.CommitAsync(new BackendCommit(StoreSamples.Name("east")) { Heartbeat = heard }, Cancel);
        await Store.CommitAsync(StoreSamples.Change("east", "changed"), Cancel);

        var record = Assert.Single(await Store.ListAsync(Cancel));
        Assert.Equal("changed", record.Config.Description);
        Assert.Equal(heard, record.LastHeartbeat);

        var both = StoreSamples.Change("east") with { Heartbeat = heard.AddSeconds(1) };
        await Store.CommitAsync(both, Cancel);
        Assert.Equal(heard.AddSeconds(1), Assert.Single(await Store.ListAsync(Cancel)).LastHeartbeat);
    }

    [Fact]
    public async Task A_heartbeat_or_a_node_without_its_backend_makes_no_backend()
    {
        await Store.CommitAsync(new BackendCommit(StoreSamples.Name("east")) { Heartbeat = StoreSamples.Now }, Cancel);

        Assert.Empty(await Store.ListAsync(Cancel));
    }

    [Fact]
    public async Task Backends_are_listed_by_the_bytes_of_their_names()
    {
        string[] names = ["b", "a-b", "a0", "a", "ab", "10", "9"];
        foreach (var name in names)
        {
            await Store.CommitAsync(StoreSamples.Change(name), Cancel);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), (await Store.ListAsync(Cancel)).Select(record => record.Name.Value));
    }

    [Fact]
    public async Task Every_field_of_a_node_comes_back_in_its_order()
    {
        var facts = new NodeFacts(
            [new("a", ""), new("b", StoreSamples.OddText)],
            [new("t", "", "NoSchedule"), new("a", StoreSamples.OddText, "NoExecute")],
            [new("nvidia.com/gpu", "8"), new("cpu", "96")],
            [new("cpu", "128")]);
        var writes = StoreSamples.Writes(
            StoreSamples.Node("full", facts, ("Ready", "True"), ("Another", "Unknown"), ("Aa", "False")),
            StoreSamples.Node("empty") with { Unschedulable = true },
            StoreSamples.Node(StoreSamples.OddText, null, (StoreSamples.OddText, "True")));
        Assert.Equal(3, writes.Count);
        await Store.CommitAsync(StoreSamples.Change("east") with { NodeWrites = writes }, Cancel);

        await database.OpenAsync(Cancel);

        AssertNodes(writes, await NodesAsync("east"));
    }

    [Fact]
    public async Task What_an_agent_judged_and_what_is_in_use_comes_back_with_the_messages_that_were_taken()
    {
        var usage = new NodeUsage([new("cpu", "2"), new(StoreSamples.OddText, "")], [new("memory", "7Ki")]);
        var plain = StoreSamples.Writes(StoreSamples.Node("yes"), StoreSamples.Node("no"), StoreSamples.Node("none"));
        var writes = plain.Select(write => write with
        {
            Node = write.Node with
            {
                AgentVerdict = write.Node.Name == "none" ? null : write.Node.Name == "yes",
                VerifiedLabel = write.Node.Name == "no" ? null : "True",
                Usage = write.Node.Name == "yes" ? usage : null,
            },
        }).ToArray();
        await Store.CommitAsync(StoreSamples.Change("east") with { NodeWrites = writes, MessageMemory = [0, 1, 255] }, Cancel);
        await Store.CommitAsync(StoreSamples.Change("west"), Cancel);

        await database.OpenAsync(Cancel);

        AssertNodes(writes, await NodesAsync("east"));
        Assert.Equal([0, 1, 255], (await LoadAsync("east")).MessageMemory.ToArray());
        Assert.Empty((await LoadAsync("west")).MessageMemory.ToArray());

        await Store.CommitAsync(new BackendCommit(StoreSamples.Name("east")) { NodeWrites = plain, MessageMemory = [] }, Cancel);
        AssertNodes(plain, await NodesAsync("east"));
        Assert.Empty((await LoadAsync("east")).MessageMemory.ToArray());

        await Store.CommitAsync(new BackendCommit(StoreSamples.Name("east")) { MessageMemory = [1] }, Cancel);
        await Store.CommitAsync(StoreSamples.Deletion("east"), Cancel);
        await Store.CommitAsync(StoreSamples.Change("east"), Cancel);
        Assert.Empty((await LoadAsync("east")).MessageMemory.ToArray());
    }

    [Fact]
    public async Task A_node_is_replaced_and_its_facts_stay_where_they_did_not_change()
    {
        var facts = new NodeFacts([new("kept", "yes")], [], [], []);
        var before = StoreSamples.Writes(StoreSamples.Node("n", facts, ("Ready", "True")));
        var after = StoreSamples.Writes(StoreSamples.Node("n", null, ("Ready", "False")) with { Uid = "other", Unschedulable = true });
        await Store.CommitAsync(StoreSamples.Change("east") with { NodeWrites = before }, Cancel);
        await Store.CommitAsync(
            new BackendCommit(StoreSamples.Name("east")) { NodeWrites = [after[0] with { FactsChanged = false }] }, Cancel);

        var node = Assert.Single(await NodesAsync("east"));
        Assert.Equal(("other", true, "False"), (node.Uid, node.Unschedulable, node.Conditions[0].Status));
        Assert.Equal(facts, node.Facts);
    }

    [Fact]
    public async Task Nodes_are_deleted_and_one_that_is_also_written_is_there()
    {
        await Store.CommitAsync(
            StoreSamples.Change("east") with { NodeWrites = StoreSamples.Writes(StoreSamples.Node("a"), StoreSamples.Node("b")) }, Cancel);
        await Store.CommitAsync(StoreSamples.Change("west") with { NodeWrites = StoreSamples.Writes(StoreSamples.Node("a")) }, Cancel);
        var again = StoreSamples.Writes(StoreSamples.Node("b", new NodeFacts([new("new", "")], [], [], [])));
        await Store.CommitAsync(
            new BackendCommit(StoreSamples.Name("east")) { NodeDeletions = ["a", "b", "never"], NodeWrites = again }, Cancel);

        AssertNodes(again, await NodesAsync("east"));
        Assert.Single(await NodesAsync("west"));
    }

    [Fact]
    public async Task A_deleted_backend_is_gone_with_its_nodes_and_may_come_again()
    {
        await Store.CommitAsync(StoreSamples.Change("east") with { NodeWrites = StoreSamples.Writes(StoreSamples.Node("a")) }, Cancel);
        await Store.CommitAsync(StoreSamples.Change("west") with { NodeWrites = StoreSamples.Writes(StoreSamples.Node("a")) }, Cancel);
        var revision = await Store.CommitAsync(StoreSamples.Deletion("east"), Cancel);

        Assert.Equal(4, revision);
        Assert.Null((await Store.LoadAsync(StoreSamples.Name("east"), owner: null, Cancel)).Backend);
        Assert.Equal("west", Assert.Single(await Store.ListAsync(Cancel)).Name.Value);
        Assert.Single(await NodesAsync("west"));

        await Store.CommitAsync(StoreSamples.Change("east"), Cancel);
        Assert.Empty(await NodesAsync("east"));
    }

    [Fact]
    public async Task Five_thousand_nodes_are_one_commit()
    {
        var writes = StoreSamples.Writes([.. Enumerable.Range(0, 5_000).Select(i => StoreSamples.Node(
            $"n{i:D5}", new NodeFacts([new("host", $"n{i}")], [], [], []), ("Ready", "True"), ($"Type{i % 7}", "False")))]);
        await Store.CommitAsync(StoreSamples.Change("east") with { NodeWrites = writes }, Cancel);
        AssertNodes(writes, await NodesAsync("east"));

        await Store.CommitAsync(
            new BackendCommit(StoreSamples.Name("east")) { NodeDeletions = [.. writes.Skip(1).Select(write => write.Node.Name)] }, Cancel);
        Assert.Equal("n00000", Assert.Single(await NodesAsync("east")).Name);
    }

    [Fact]
    public async Task Commits_of_many_backends_at_once_are_all_there_with_dense_revisions_in_the_order_of_each_backend()
    {
        const int Backends = 40, Changes = 12;
        var revisions = await Task.WhenAll(Enumerable.Range(0, Backends).Select(async b =>
        {
            var given = new List<long>();
            for (var change = 0; change < Changes; change++)
            {
                var commit = StoreSamples.Change($"backend-{b}", $"change {change}") with
                {
                    NodeWrites = StoreSamples.Writes(StoreSamples.Node($"n{change}"), StoreSamples.Node("same")),
                };
                given.Add((await Store.CommitAsync(commit, Cancel))!.Value);
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
            Assert.Equal(Changes + 1, (await NodesAsync($"backend-{b}")).Count);
            var entries = history.Where(entry => entry.Name == $"backend-{b}").ToList();
            Assert.Equal(revisions[b], entries.Select(entry => entry.Revision));
            Assert.Equal(
                Enumerable.Range(0, Changes).Select(change => $"change {change}"), entries.Select(entry => entry.Description));
        }
    }

    [Fact]
    public async Task The_requests_of_the_last_changes_come_back_newest_first_also_of_a_deleted_backend()
    {
        await Store.CommitAsync(StoreSamples.Change("east", request: new RequestId("first", long.MinValue)), Cancel);
        await Store.CommitAsync(StoreSamples.Change("east"), Cancel);
        await Store.CommitAsync(StoreSamples.Change("west", request: new RequestId("other", 1)), Cancel);
        await Store.CommitAsync(StoreSamples.Change("east", request: new RequestId(StoreSamples.OddText, -7)), Cancel);

        var requests = (await Store.LoadAsync(StoreSamples.Name("east"), owner: null, Cancel)).Requests;
        Assert.Equal([new(new(StoreSamples.OddText, -7), 5), new(new("first", long.MinValue), 2)], requests);

        await Store.CommitAsync(StoreSamples.Deletion("east"), Cancel);
        for (var i = 0; i < RequestLog.RequestsMax; i++)
        {
            await Store.CommitAsync(StoreSamples.Change("west", request: new RequestId($"r{i}", i)), Cancel);
        }

        Assert.Equal(requests, (await Store.LoadAsync(StoreSamples.Name("east"), owner: null, Cancel)).Requests);
        var last = (await Store.LoadAsync(StoreSamples.Name("west"), owner: null, Cancel)).Requests;
        Assert.Equal(
            Enumerable.Range(0, RequestLog.RequestsMax).Reverse().Select(i => $"r{i}"), last.Select(request => request.Request.Key));
    }

    private static void AssertSame(BackendRecord expected, BackendRecord actual)
    {
        Assert.Equal(BackendDocument.EditableJson(expected), BackendDocument.EditableJson(actual));
        Assert.Equal(expected.Registration with { Prefix = actual.Registration.Prefix }, actual.Registration);
        Assert.Equal(expected.Registration.Prefix.Value, actual.Registration.Prefix.Value);
        Assert.Equal(
            (expected.Name, expected.Revision, expected.CreatedAt, expected.LastHeartbeat),
            (actual.Name, actual.Revision, actual.CreatedAt, actual.LastHeartbeat));
    }

    private static void AssertNodes(IReadOnlyList<NodeWrite> expected, IReadOnlyList<StoredNode> actual)
    {
        var byName = actual.ToDictionary(node => node.Name, StringComparer.Ordinal);
        Assert.Equal(expected.Count, byName.Count);
        foreach (var (node, _) in expected)
        {
            var stored = byName[node.Name];
            Assert.Equal((node.Uid, node.Unschedulable), (stored.Uid, stored.Unschedulable));
            Assert.Equal(node.Conditions.ToPairs(), stored.Conditions);
            Assert.Equal(node.Facts, stored.Facts);
            Assert.Equal(node.AgentVerdict, stored.AgentVerdict);
            Assert.Equal(node.StoredLabel, stored.VerifiedLabel);
            Assert.Equal(node.Usage, stored.Usage);
        }
    }

    private async Task<IReadOnlyList<StoredNode>> NodesAsync(string backend) => (await LoadAsync(backend)).Nodes;

    private async Task<StoredBackend> LoadAsync(string backend) =>
        (await Store.LoadAsync(StoreSamples.Name(backend), owner: null, Cancel)).Backend!;
}

public sealed class SqliteBackendStoreTests() : BackendStoreContract(new SqliteUnderTest());

public sealed class PostgresBackendStoreTests(SharedPostgres postgres) : BackendStoreContract(new PostgresUnderTest(postgres));
