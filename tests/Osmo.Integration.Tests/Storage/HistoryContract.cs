using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of backends as they were at a revision.</summary>
public abstract class HistoryContract(StoreUnderTest database) : IAsyncLifetime
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
    public async Task Every_field_of_an_entry_comes_back_byte_for_byte()
    {
        var record = StoreSamples.Record("east", StoreSamples.OddText);
        const string Document = "{ \"b\" : 1.0,\"a\":1e3,\n \"b\" : \"\\u0000\\u00e9\" }";
        var tags = new TextList(["b", "a", StoreSamples.OddText, "b"]);
        var draft = new HistoryDraft(StoreSamples.OddText, StoreSamples.Now, StoreSamples.OddText, tags, Document);
        var revision = await Store.CommitAsync(new BackendCommit(record.Name) { Record = record, History = draft }, Cancel);

        await database.OpenAsync(Cancel);

        var expected = new HistoryEntry(revision!.Value, record.Name, draft);
        Assert.Equal(expected, await Store.ReadBackendAtAsync(record.Name, revision.Value, Cancel));
        Assert.Equal([Document], await Store.ReadDocumentsAtAsync(revision.Value, Cancel));
    }

    [Fact]
    public async Task The_configuration_at_a_revision_is_the_newest_document_of_each_backend_up_to_it()
    {
        async Task<long> Commit(BackendCommit commit) => (await Store.CommitAsync(commit, Cancel))!.Value;
        var west = StoreSamples.Change("west", "1");
        var east = StoreSamples.Change("east", "2");
        var eastAgain = StoreSamples.Change("east", "5");
        var first = await Commit(west);
        var second = await Commit(east);
        var changed = await Commit(StoreSamples.Change("west", "3"));
        var deleted = await Commit(StoreSamples.Deletion("west"));
        var last = await Commit(eastAgain);

        Assert.Equal([west.History!.DocumentJson!], await Store.ReadDocumentsAtAsync(first, Cancel));
        Assert.Equal([east.History!.DocumentJson!, west.History.DocumentJson!], await Store.ReadDocumentsAtAsync(second, Cancel));
        Assert.Equal([east.History.DocumentJson!], await Store.ReadDocumentsAtAsync(deleted, Cancel));
        Assert.Equal([eastAgain.History!.DocumentJson!], await Store.ReadDocumentsAtAsync(last, Cancel));
        Assert.Empty(await Store.ReadDocumentsAtAsync(0, Cancel));

        Assert.Null(await Store.ReadBackendAtAsync(east.Backend, first, Cancel));
        Assert.Equal(new HistoryEntry(second, east.Backend, east.History), await Store.ReadBackendAtAsync(east.Backend, deleted, Cancel));
        Assert.Equal(changed, (await Store.ReadBackendAtAsync(west.Backend, changed, Cancel))!.Revision);
        Assert.Null(await Store.ReadBackendAtAsync(west.Backend, deleted, Cancel));
        Assert.Equal(last, (await Store.ReadBackendAtAsync(east.Backend, last, Cancel))!.Revision);
        Assert.Null(await Store.ReadBackendAtAsync(east.Backend, last + 1, Cancel));
    }

    [Fact]
    public async Task Revisions_go_on_where_they_were_when_the_store_is_opened_again()
    {
        Assert.Equal(2, await Store.CommitAsync(StoreSamples.Change("east"), Cancel));
        await database.OpenAsync(Cancel);
        Assert.Equal(3, await Store.CommitAsync(StoreSamples.Change("east"), Cancel));
    }
}

public sealed class SqliteHistoryTests() : HistoryContract(new SqliteUnderTest());

public sealed class PostgresHistoryTests(SharedPostgres postgres) : HistoryContract(new PostgresUnderTest(postgres));
