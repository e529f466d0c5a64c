using Osmo.Domain.Backends;
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
        var east = await ActiveBackend.LoadAsync(Store, "east");
        var revision = await east.CommitAsync(east.Change() with { Record = record, History = draft });

        await database.OpenAsync(Cancel);

        var expected = new HistoryEntry(revision!.Value, record.Name, draft);
        Assert.Equal(expected, await Store.ReadBackendAtAsync(record.Name, revision.Value, Cancel));
        Assert.Equal([Document], await Store.ReadDocumentsAtAsync(revision.Value, Cancel));
    }

    [Fact]
    public async Task The_configuration_at_a_revision_is_the_newest_document_of_each_backend_up_to_it()
    {
        var (eastern, western) = (await ActiveBackend.LoadAsync(Store, "east"), await ActiveBackend.LoadAsync(Store, "west"));
        var west = western.Change("1");
        var first = (await western.CommitAsync(west))!.Value;
        var east = eastern.Change("2");
        var second = (await eastern.CommitAsync(east))!.Value;
        var changed = (await western.ChangeAsync("3"))!.Value;
        var deleted = (await western.DeleteAsync())!.Value;
        var eastAgain = eastern.Change("5");
        var last = (await eastern.CommitAsync(eastAgain))!.Value;

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
        Assert.Equal(2, await (await ActiveBackend.LoadAsync(Store, "east")).ChangeAsync());
        await database.OpenAsync(Cancel);
        Assert.Equal(3, await (await ActiveBackend.LoadAsync(Store, "east")).ChangeAsync());
    }
}

public sealed class SqliteHistoryTests() : HistoryContract(new SqliteUnderTest());

public sealed class PostgresHistoryTests(SharedPostgres postgres) : HistoryContract(new PostgresUnderTest(postgres));
