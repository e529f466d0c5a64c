using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Storage;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of activations: the one that loaded a backend last may write it, and no earlier one.</summary>
public abstract class FenceContract(StoreUnderTest database) : IAsyncLifetime
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
    public async Task An_earlier_activation_can_write_nothing_of_the_backend()
    {
        var stale = await ActiveBackend.CreateAsync(Store, "east");
        var next = await LoadAsync("east");

        await StoreAssert.MovedAsync(stale.CommitAsync(stale.Change("stale")));
        await StoreAssert.MovedAsync(stale.CommitAsync(stale.Commit() with { Record = StoreSamples.Record("east", "stale") }));
        await StoreAssert.MovedAsync(stale.CommitAsync(stale.Commit() with { Heartbeat = StoreSamples.Now }));
        await StoreAssert.MovedAsync(stale.CommitAsync(stale.Commit() with { MessageMemory = [1] }));
        var refusal = await StoreAssert.MovedAsync(stale.DeleteAsync());
        Assert.Contains("east", refusal.Message, StringComparison.Ordinal);

        var stored = (await LoadAsync("east")).Loaded.Backend!;
        StoreAssert.Same(StoreSamples.Record("east") with { Revision = 2 }, stored.Record);
        Assert.Empty(stored.MessageMemory.ToArray());
        await StoreAssert.MovedAsync(next.ChangeAsync());
    }

    [Fact]
    public async Task Nothing_of_a_refused_change_takes_a_revision()
    {
        var stale = await ActiveBackend.CreateAsync(Store, "east");
        var next = await LoadAsync("east");
        await StoreAssert.MovedAsync(stale.ChangeAsync());

        Assert.Equal(3, await next.ChangeAsync());
    }

    [Fact]
    public async Task An_earlier_activation_can_write_no_node()
    {
        NodeSnapshot[] nodes = [StoreSamples.Node("a"), StoreSamples.Node("b")];
        var stale = await ActiveBackend.CreateAsync(Store, "east", nodes);
        await LoadAsync("east");

        await StoreAssert.MovedAsync(stale.WriteAsync(stale.Insert(StoreSamples.Node("c"))));
        await StoreAssert.MovedAsync(stale.WriteAsync(stale.Update(nodes[0], nodes[0].Next(), factsChanged: true)));
        await StoreAssert.MovedAsync(stale.WriteAsync(stale.Delete(nodes[1])));

        StoreAssert.Same(nodes, (await LoadAsync("east")).Loaded);
    }

    [Fact]
    public async Task Of_writes_that_wait_together_only_those_of_the_earlier_activation_are_refused()
    {
        var stale = await ActiveBackend.CreateAsync(Store, "east");
        var west = await ActiveBackend.CreateAsync(Store, "west");
        var next = await LoadAsync("east");
        var writes = Enumerable.Range(0, 30).Select(i => (i % 3) switch
        {
            0 => Store.WriteNodeAsync(stale.Insert(StoreSamples.Node($"stale-{i}")), Cancel),
            1 => Store.WriteNodeAsync(next.Insert(StoreSamples.Node($"next-{i}")), Cancel),
            _ => Store.WriteNodeAsync(west.Insert(StoreSamples.Node($"west-{i}")), Cancel),
        }).ToArray();

        for (var i = 0; i < writes.Length; i++)
        {
            await (i % 3 == 0 ? StoreAssert.MovedAsync(writes[i]) : writes[i]);
        }

        Assert.Equal(10, (await LoadAsync("east")).Loaded.Backend!.Nodes.Count);
        Assert.Equal(10, (await LoadAsync("west")).Loaded.Backend!.Nodes.Count);
    }

    [Fact]
    public async Task An_activation_of_a_name_without_a_backend_can_write_nothing_but_create_it()
    {
        var east = await LoadAsync("east");

        await StoreAssert.MovedAsync(east.CommitAsync(east.Change() with { Creates = false }));
        await StoreAssert.MovedAsync(east.CommitAsync(east.Commit() with { Heartbeat = StoreSamples.Now }));
        await StoreAssert.MovedAsync(east.InsertAsync(StoreSamples.Node("a")));
        await StoreAssert.MovedAsync(east.ConfirmAsync());
        Assert.Empty(await Store.ListAsync(Cancel));

        Assert.Equal(2, await east.ChangeAsync());
        Assert.Empty((await LoadAsync("east")).Loaded.Backend!.Nodes);
    }

    [Fact]
    public async Task Of_two_activations_that_create_a_backend_one_has_it()
    {
        for (var round = 0; round < 20; round++)
        {
            var name = $"east-{round}";
            ActiveBackend[] racing = [await LoadAsync(name), await LoadAsync(name), await LoadAsync(name)];
            var creations = racing.Select(backend => Task.Run(() => backend.ChangeAsync($"{backend.Activation}"))).ToArray();
            await EndAsync(creations);

            var created = Assert.Single(racing.Zip(creations), item => item.Second.IsCompletedSuccessfully).First;
            foreach (var (backend, creation) in racing.Zip(creations))
            {
                if (backend == created)
                {
                    await backend.ConfirmAsync();
                    await backend.InsertAsync(StoreSamples.Node("a"));
                }
                else
                {
                    Assert.Contains("exists already", (await StoreAssert.MovedAsync(creation)).Message, StringComparison.Ordinal);
                    await StoreAssert.MovedAsync(backend.ConfirmAsync());
                    await StoreAssert.MovedAsync(backend.InsertAsync(StoreSamples.Node("b")));
                }
            }

            var stored = (await LoadAsync(name)).Loaded.Backend!;
            Assert.Equal($"{created.Activation}", stored.Record.Config.Description);
            Assert.Equal("a", Assert.Single(stored.Nodes).Name);
        }
    }

    [Fact]
    public async Task After_a_deletion_nothing_of_the_backend_can_be_written()
    {
        var node = StoreSamples.Node("a");
        var east = await ActiveBackend.CreateAsync(Store, "east", node);
        await east.DeleteAsync();

        await StoreAssert.MovedAsync(east.WriteAsync(east.Update(node, node.Next())));
        await StoreAssert.MovedAsync(east.InsertAsync(StoreSamples.Node("b")));
        await StoreAssert.MovedAsync(east.CommitAsync(east.Commit() with { Heartbeat = StoreSamples.Now }));
        await StoreAssert.MovedAsync(east.ConfirmAsync());
        await StoreAssert.MovedAsync(east.DeleteAsync());

        await east.ChangeAsync();
        Assert.Empty((await LoadAsync("east")).Loaded.Backend!.Nodes);
    }

    [Fact]
    public async Task Confirmations_say_who_has_a_backend_now()
    {
        var first = await ActiveBackend.CreateAsync(Store, "east");
        var west = await ActiveBackend.CreateAsync(Store, "west");
        await first.ConfirmAsync();
        var second = await LoadAsync("east");

        var outcomes = Enumerable.Range(0, 50).SelectMany(_ => new[] { first.ConfirmAsync(), second.ConfirmAsync(), west.ConfirmAsync() });
        foreach (var (i, outcome) in outcomes.Index().ToArray())
        {
            await (i % 3 == 0 ? StoreAssert.MovedAsync(outcome) : outcome);
        }
    }

    [Fact]
    public async Task An_activation_that_loads_again_has_the_backend_again()
    {
        var first = await ActiveBackend.CreateAsync(Store, "east");
        var second = await LoadAsync("east");
        Assert.NotNull((await Store.LoadAsync(StoreSamples.Name("east"), first.Activation, Cancel)).Backend);

        await first.ChangeAsync();
        await StoreAssert.MovedAsync(second.ChangeAsync());
    }

    [Fact]
    public async Task Nothing_that_an_activation_wrote_is_missed_or_changed_after_it_was_taken_over()
    {
        var active = await ActiveBackend.CreateAsync(Store, "east");
        for (var round = 0; round < 10; round++)
        {
            var writer = active;
            var done = 0;
            var writes = Enumerable.Range(0, 200).Select(async i =>
            {
                await writer.InsertAsync(StoreSamples.Node($"{round}-{i}"));
                Interlocked.Increment(ref done);
            }).ToArray();
            var acknowledged = Volatile.Read(ref done);
            active = await LoadAsync("east");
            var loaded = active.Loaded.Backend!.Nodes.Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
            await EndAsync(writes);

            Assert.All(writes.Where(write => write.IsFaulted), write => Assert.Equal(
                ErrorCode.Moved, Assert.IsType<OsmoException>(write.Exception!.InnerException).Code));
            Assert.True(loaded.Count(name => name.StartsWith($"{round}-", StringComparison.Ordinal)) >= acknowledged);
            active = await LoadAsync("east");
            Assert.Equal(loaded, active.Loaded.Backend!.Nodes.Select(node => node.Name).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Waits until all have ended, however they do.</summary>
    private static Task EndAsync(params IEnumerable<Task> tasks) => Task.WhenAll(tasks).ContinueWith(
        _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private Task<ActiveBackend> LoadAsync(string name) => ActiveBackend.LoadAsync(Store, name);
}

public sealed class SqliteFenceTests() : FenceContract(new SqliteUnderTest());

public sealed class PostgresFenceTests(SharedPostgres postgres) : FenceContract(new PostgresUnderTest(postgres));
