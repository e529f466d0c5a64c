using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Storage;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of the rows of nodes and of their versions.</summary>
public abstract class NodeRowContract(StoreUnderTest database) : IAsyncLifetime
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
    public async Task Every_field_of_a_node_comes_back_in_its_order()
    {
        var facts = new NodeFacts(
            [new("a", ""), new("b", StoreSamples.OddText)],
            [new("t", "", "NoSchedule"), new("a", StoreSamples.OddText, "NoExecute")],
            [new("nvidia.com/gpu", "8"), new("cpu", "96")],
            [new("cpu", "128")]);
        var usage = new NodeUsage([new("cpu", "2"), new(StoreSamples.OddText, "")], [new("memory", "7Ki")]);
        NodeSnapshot[] nodes =
        [
            StoreSamples.Node("full", facts, ("Ready", "True"), ("Another", "Unknown"), ("Aa", "False")) with
            {
                Available = false,
                AvailableSince = StoreSamples.Now.AddTicks(70),
                AgentVerdict = true,
                VerifiedLabel = "True",
                Usage = usage,
            },
            StoreSamples.Node("empty") with { Unschedulable = true, Uid = "", AgentVerdict = false, VerifiedLabel = null },
            StoreSamples.Node(StoreSamples.OddText, null, (StoreSamples.OddText, "True")) with { VerifiedLabel = "True" },
        ];
        var east = await ActiveBackend.CreateAsync(Store, "east", nodes);
        await AreAsync("east", nodes);

        NodeSnapshot[] changed = [.. nodes.Zip(nodes.Reverse(), (node, other) => (other with { Name = node.Name }).Next())];
        east = await LoadAsync("east");
        await east.WriteAsync(nodes.Zip(changed, (before, node) => east.Update(before, node, factsChanged: true)));
        await database.OpenAsync(Cancel);
        await AreAsync("east", changed);
    }

    [Fact]
    public async Task Times_are_kept_to_the_microsecond()
    {
        var since = StoreSamples.Now.AddTicks(19);
        await ActiveBackend.CreateAsync(Store, "east", StoreSamples.Node("a") with { AvailableSince = since });

        Assert.Equal(
            StoreSamples.Now.AddTicks(10), Assert.Single((await LoadAsync("east")).Loaded.Backend!.Nodes).AvailableSince);
    }

    [Fact]
    public async Task Facts_stay_if_they_did_not_change()
    {
        var node = StoreSamples.Node("n", new NodeFacts([new("kept", "yes")], [], [], []));
        var east = await ActiveBackend.CreateAsync(Store, "east", node);
        var next = (node with { Uid = "other", Facts = NodeFacts.Empty }).Next();
        await east.WriteAsync(east.Update(node, next));

        await AreAsync("east", next with { Facts = node.Facts });
    }

    [Fact]
    public async Task A_new_node_has_facts_even_if_they_did_not_change()
    {
        var east = await ActiveBackend.CreateAsync(Store, "east");
        var node = StoreSamples.Node("n", new NodeFacts([new("a", "b")], [], [], []));
        await east.WriteAsync(east.Insert(node) with { FactsChanged = false });

        await AreAsync("east", node);
    }

    [Fact]
    public async Task A_write_that_expects_another_version_is_refused_and_the_others_of_its_group_are_applied()
    {
        NodeSnapshot[] nodes = [.. Enumerable.Range(0, 40).Select(i => StoreSamples.Node($"n{i:D2}"))];
        var east = await ActiveBackend.CreateAsync(Store, "east", nodes);
        NodeSnapshot[] next = [.. nodes.Select(node => (node with { Uid = "next" }).Next())];
        var writes = nodes.Select((node, i) => (i % 4) switch
        {
            0 => east.Update(node.Next(), next[i], factsChanged: true),
            1 => east.Insert(next[i]),
            2 => east.Delete(node.Next()),
            _ => east.Update(node, next[i]),
        }).Select(write => Store.WriteNodeAsync(write, Cancel)).ToArray();

        for (var i = 0; i < nodes.Length; i++)
        {
            if (i % 4 == 3)
            {
                await writes[i];
            }
            else
            {
                Assert.Contains(nodes[i].Name, (await StoreAssert.MovedAsync(writes[i])).Message, StringComparison.Ordinal);
            }
        }

        await AreAsync("east", [.. nodes.Select((node, i) => i % 4 == 3 ? next[i] : node)]);
    }

    [Fact]
    public async Task A_refused_write_does_not_change_the_facts()
    {
        var node = StoreSamples.Node("n", new NodeFacts([new("a", "right")], [], [], []));
        var east = await ActiveBackend.CreateAsync(Store, "east", node);
        var wrong = (node with { Facts = new NodeFacts([new("a", "wrong")], [], [], []) }).Next();

        await StoreAssert.MovedAsync(east.WriteAsync(east.Update(node.Next(), wrong, factsChanged: true)));
        await StoreAssert.MovedAsync(east.WriteAsync(east.Insert(wrong)));

        await AreAsync("east", node);
    }

    [Fact]
    public async Task A_change_of_a_node_that_is_not_there_never_makes_it()
    {
        var node = StoreSamples.Node("n");
        var east = await ActiveBackend.CreateAsync(Store, "east", node);
        await east.WriteAsync(east.Delete(node));

        await StoreAssert.MovedAsync(east.WriteAsync(east.Update(node, node.Next(), factsChanged: true)));
        await StoreAssert.MovedAsync(east.WriteAsync(east.Delete(node)));

        await AreAsync("east");
    }

    [Fact]
    public async Task A_node_that_was_deleted_and_made_again_is_not_written_by_what_knew_the_old_one()
    {
        var old = StoreSamples.Node("n");
        var east = await ActiveBackend.CreateAsync(Store, "east", old);
        await east.WriteAsync(east.Delete(old));
        var again = StoreSamples.Node("n", new NodeFacts([new("new", "")], [], [], []));
        await east.InsertAsync(again);

        await StoreAssert.MovedAsync(east.WriteAsync(east.Update(old, old.Next())));
        await StoreAssert.MovedAsync(east.WriteAsync(east.Delete(old)));

        await AreAsync("east", again);
    }

    [Fact]
    public async Task Nodes_of_the_same_name_in_two_backends_are_two()
    {
        var (east, west) = (StoreSamples.Node("n"), StoreSamples.Node("n"));
        var backend = await ActiveBackend.CreateAsync(Store, "east", east);
        await ActiveBackend.CreateAsync(Store, "west", west);
        await backend.WriteAsync(backend.Delete(east));

        await AreAsync("east");
        await AreAsync("west", west);
    }

    [Fact]
    public async Task Writes_of_one_node_that_wait_together_keep_their_order()
    {
        var nodes = Enumerable.Range(0, 20).Select(i => StoreSamples.Node("n") with { Uid = $"{i}" }).ToArray();
        var east = await ActiveBackend.CreateAsync(Store, "east");
        await east.WriteAsync([east.Insert(nodes[0]), .. nodes.Zip(nodes.Skip(1), (before, node) => east.Update(before, node))]);

        await AreAsync("east", nodes[^1]);
    }

    [Fact]
    public async Task Ten_thousand_nodes_at_once_are_all_there_after_a_while()
    {
        NodeSnapshot[] nodes = [.. Enumerable.Range(0, 10_000).Select(i => StoreSamples.Node(
            $"n{i:D5}", new NodeFacts([new("host", $"n{i}")], [], [], []), ("Ready", "True"), ($"Type{i % 7}", "False")))];
        var east = await ActiveBackend.CreateAsync(Store, "east", nodes);
        await AreAsync("east", nodes);

        east = await LoadAsync("east");
        await east.WriteAsync(nodes.Skip(1).Select(east.Delete));
        await AreAsync("east", nodes[0]);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_the_caller_s_alone()
    {
        var east = await ActiveBackend.CreateAsync(Store, "east");
        NodeSnapshot[] nodes = [.. Enumerable.Range(0, 100).Select(i => StoreSamples.Node($"n{i:D3}"))];
        var writes = nodes.Select((node, i) => Store.WriteNodeAsync(east.Insert(i == 50 ? node with { Uid = "a\0b" } : node), Cancel));
        var outcomes = writes.ToArray();
        await Task.WhenAll(outcomes).ContinueWith(_ => { }, TaskScheduler.Default);

        // SQLite stores it.
        var failed = outcomes.Where(outcome => !outcome.IsCompletedSuccessfully).ToArray();
        Assert.True(failed.Length == 0 || failed.Single() == outcomes[50], $"{failed.Length} failed");
        if (failed.Length == 1)
        {
            Assert.Contains("NUL", (await StoreAssert.FailsAsync(ErrorCode.Invalid, outcomes[50])).Message, StringComparison.Ordinal);
        }

        Assert.Equal(100 - failed.Length, (await LoadAsync("east")).Loaded.Backend!.Nodes.Count);
    }

    private Task<ActiveBackend> LoadAsync(string name) => ActiveBackend.LoadAsync(Store, name);

    private async Task AreAsync(string backend, params NodeSnapshot[] nodes) => StoreAssert.Same(nodes, (await LoadAsync(backend)).Loaded);
}

public sealed class SqliteNodeRowTests() : NodeRowContract(new SqliteUnderTest());

public sealed class PostgresNodeRowTests(SharedPostgres postgres) : NodeRowContract(new PostgresUnderTest(postgres));
