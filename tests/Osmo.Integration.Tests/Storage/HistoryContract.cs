using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of the configuration history.</summary>
public abstract class HistoryContract(StoreUnderTest database) : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = StoreSamples.Now;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IBackendStore Store => database.Store;

    public async ValueTask InitializeAsync() => await database.OpenAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_new_history_has_the_entry_that_begins_it()
    {
        var entry = Assert.Single(await Store.ReadHistoryAsync(new HistoryQuery(), Cancel));

        Assert.Equal((1, default), (entry.Revision, entry.Backend));
        Assert.Equal(("system", "Initial configuration"), (entry.Change.Username, entry.Change.Description));
        Assert.Null(entry.Change.DocumentJson);
        Assert.Equal(["initial-config"], entry.Change.Tags.Items);
        Assert.Empty(await Store.ReadDocumentsAtAsync(1, Cancel));
    }

    [Fact]
    public async Task Every_field_of_an_entry_comes_back_byte_for_byte()
    {
        var record = StoreSamples.Record("east", StoreSamples.OddText);
        const string Document = "{ \"b\" : 1.0,\"a\":1e3,\n \"b\" : \"\\u0000\\u00e9\" }";
        var tags = new TextList(["b", "a", StoreSamples.OddText, "b"]);
        var draft = new HistoryDraft(StoreSamples.OddText, Start, StoreSamples.OddText, tags, Document);
        var revision = await Store.CommitAsync(new BackendCommit(record.Name) { Record = record, History = draft }, Cancel);

        await database.OpenAsync(Cancel);

        var expected = new HistoryEntry(revision!.Value, record.Name, draft);
        Assert.Equal(expected, Assert.Single(await Store.ReadHistoryAsync(new HistoryQuery { Revision = revision }, Cancel)));
        Assert.Equal(expected, await Store.ReadBackendAtAsync(record.Name, revision.Value, Cancel));
        Assert.Equal([Document], await Store.ReadDocumentsAtAsync(revision.Value, Cancel));
    }

    [Fact]
    public async Task Queries_take_the_newest_that_match_in_all_combinations()
    {
        var all = await FillAsync();
        string?[] names = [null, "b1", "none"];
        string[][] tagSets = [[], ["odd"], ["odd", "third"], ["none"]];
        DateTimeOffset?[] times = [null, Start.AddMinutes(4), Start.AddMinutes(9)];
        (int Offset, int Limit)[] pages = [(0, 20), (0, 2), (1, 2), (100, 5)];
        var queries =
            from name in names
            from tags in tagSets
            from before in times
            from after in times
            from page in pages
            from isAscending in new[] { true, false }
            select new HistoryQuery
            {
                Name = name,
                Tags = [.. tags],
                CreatedBefore = before,
                CreatedAfter = after,
                Offset = page.Offset,
                Limit = page.Limit,
                Ascending = isAscending,
            };
        foreach (var query in queries)
        {
            Assert.Equal(Expected(all, query), await Store.ReadHistoryAsync(query, Cancel));
        }

        Assert.Equal([all[3]], await Store.ReadHistoryAsync(new HistoryQuery { Revision = all[3].Revision }, Cancel));
        Assert.Empty(await Store.ReadHistoryAsync(new HistoryQuery { Revision = all[3].Revision, Name = "none" }, Cancel));
        Assert.Empty(await Store.ReadHistoryAsync(new HistoryQuery { Revision = 10_000 }, Cancel));
    }

    [Fact]
    public async Task A_moment_names_the_newest_entry_that_is_not_newer()
    {
        var all = await FillAsync();

        Assert.Equal([all[4]], await Store.ReadHistoryAsync(new HistoryQuery { AtTimestamp = all[4].Change.CreatedAt }, Cancel));
        var justBefore = all[4].Change.CreatedAt.AddTicks(-TimeSpan.TicksPerMicrosecond);
        Assert.Equal([all[3]], await Store.ReadHistoryAsync(new HistoryQuery { AtTimestamp = justBefore }, Cancel));
        Assert.Empty(await Store.ReadHistoryAsync(new HistoryQuery { AtTimestamp = DateTimeOffset.UnixEpoch }, Cancel));
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

    private static IEnumerable<HistoryEntry> Expected(IReadOnlyList<HistoryEntry> all, HistoryQuery query)
    {
        var newest = all.Reverse()
            .Where(entry => query.Name is null || entry.Backend.ToString() == query.Name)
            .Where(entry => query.Tags.All(tag => entry.Change.Tags.Items.Contains(tag)))
            .Where(entry => query.CreatedBefore is null || entry.Change.CreatedAt < query.CreatedBefore)
            .Where(entry => query.CreatedAfter is null || entry.Change.CreatedAt > query.CreatedAfter)
            .Skip(query.Offset)
            .Take(query.Limit);
        return query.Ascending ? newest.Reverse() : newest;
    }

    /// <summary>Twelve changes of three backends, a minute apart; every second one is tagged odd, every third one third.</summary>
    /// <returns>The whole history, oldest first.</returns>
    private async Task<IReadOnlyList<HistoryEntry>> FillAsync()
    {
        var all = new List<HistoryEntry>(await Store.ReadHistoryAsync(new HistoryQuery(), Cancel));
        for (var i = 0; i < 12; i++)
        {
            var record = StoreSamples.Record($"b{i % 3}", $"{i}");
            string[] tags = [.. i % 2 == 1 ? ["odd"] : Array.Empty<string>(), .. i % 3 == 0 ? ["third"] : Array.Empty<string>()];
            var draft = StoreSamples.Draft(record, $"{i}", tags, Start.AddMinutes(i));
            var revision = await Store.CommitAsync(new BackendCommit(record.Name) { Record = record, History = draft }, Cancel);
            all.Add(new HistoryEntry(revision!.Value, record.Name, draft));
        }

        return all;
    }
}

public sealed class SqliteHistoryTests() : HistoryContract(new SqliteUnderTest());

public sealed class PostgresHistoryTests(SharedPostgres postgres) : HistoryContract(new PostgresUnderTest(postgres));
