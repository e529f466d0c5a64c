using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Domain.Backends;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of configurations and their revisions.</summary>
public abstract class ConfigStoreContract(StoreUnderTest database) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IConfigStore Store => database.Configs;

    public async ValueTask InitializeAsync() => await database.OpenAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_new_store_has_no_configuration_but_the_first_revision_of_BACKEND()
    {
        foreach (var type in ConfigTypes.Documents)
        {
            Assert.Null(await Store.ReadNewestAsync(type, Cancel));
            Assert.Equal(0, await Store.ReadNewestNumberAsync(type, Cancel));
            Assert.Null(await Store.ReadRevisionAsync(type, 1, Cancel));
        }

        var entry = Assert.Single(await Store.ReadHistoryAsync(new ConfigHistoryQuery(), Cancel));
        Assert.Equal((ConfigType.Backend, 1L, "", "system"), (entry.Type, entry.Revision, entry.Name, entry.Username));
        Assert.Equal("Initial configuration", entry.Description);
        Assert.Equal(["initial-config"], entry.Tags.Items);
        Assert.Null(entry.DocumentJson);
    }

    [Fact]
    public async Task Every_field_of_a_revision_comes_back()
    {
        const string Document = "{\"b\":1.0,\"a\":1e3,\"c\":\"\\u0000\\u00e9\"}";
        var draft = Draft(ConfigType.Pool) with
        {
            Name = StoreSamples.OddText,
            Username = StoreSamples.OddText,
            Description = StoreSamples.OddText,
            Tags = new TextList(["b", "a", StoreSamples.OddText]),
            DocumentJson = Document,
        };
        Assert.Equal(1, await Store.AppendAsync(draft, 0, Cancel));

        await database.OpenAsync(Cancel);

        var expected = new ConfigRevision(
            draft.Type, 1, draft.Name, draft.Username, draft.CreatedAt, draft.Description, draft.Tags, Document);
        Assert.Equal(expected, await Store.ReadNewestAsync(ConfigType.Pool, Cancel));
        Assert.Equal(expected, await Store.ReadRevisionAsync(ConfigType.Pool, 1, Cancel));
        var query = new ConfigHistoryQuery { Types = [ConfigType.Pool] };
        Assert.Equal(expected, Assert.Single(await Store.ReadHistoryAsync(query, Cancel)));
        Assert.Null(Assert.Single(await Store.ReadHistoryAsync(query with { OmitDocuments = true }, Cancel)).DocumentJson);
    }

    [Fact]
    public async Task A_revision_follows_the_expected_one_or_is_not_made()
    {
        Assert.Null(await Store.AppendAsync(Draft(ConfigType.Pool), 1, Cancel));
        Assert.Equal(1, await Store.AppendAsync(Draft(ConfigType.Pool), 0, Cancel));
        Assert.Null(await Store.AppendAsync(Draft(ConfigType.Pool), 0, Cancel));
        Assert.Equal(2, await Store.AppendAsync(Draft(ConfigType.Pool), 1, Cancel));
        Assert.Equal(1, await Store.AppendAsync(Draft(ConfigType.Role), 0, Cancel));
        Assert.Null(await Store.AppendAsync(Draft(ConfigType.Pool), 1, Cancel));
        Assert.Equal(2, (await Store.ReadNewestAsync(ConfigType.Pool, Cancel))!.Revision);
        Assert.Equal(2, await Store.ReadNewestNumberAsync(ConfigType.Pool, Cancel));
    }

    [Fact]
    public async Task Of_writers_at_the_same_time_one_wins_each_revision()
    {
        const int Writers = 8, Revisions = 5;
        for (var expected = 0; expected < Revisions; expected++)
        {
            var at = expected;
            var made = await Task.WhenAll(Enumerable.Range(0, Writers).Select(
                i => Store.AppendAsync(Draft(ConfigType.Pool, $"{at}/{i}"), at, Cancel)));
            Assert.Equal(at + 1, Assert.Single(made.OfType<long>()));
        }

        var history = await Store.ReadHistoryAsync(new ConfigHistoryQuery { Types = [ConfigType.Pool] }, Cancel);
        Assert.Equal([1, 2, 3, 4, 5], history.Select(entry => entry.Revision));
    }

    [Fact]
    public async Task A_repeated_request_makes_no_second_revision()
    {
        var request = new RequestId("ann/1", 42);
        var draft = Draft(ConfigType.Pool) with { Request = request };
        Assert.Null(await Store.FindRequestAsync(ConfigType.Pool, request.Key, Cancel));
        Assert.Equal(1, await Store.AppendAsync(draft, 0, Cancel));
        Assert.Equal(2, await Store.AppendAsync(Draft(ConfigType.Pool), 1, Cancel));

        Assert.Equal(1, await Store.AppendAsync(draft, 0, Cancel));
        Assert.Equal(1, await Store.AppendAsync(draft, 2, Cancel));
        Assert.Equal(new AppliedRequest(request, 1), await Store.FindRequestAsync(ConfigType.Pool, request.Key, Cancel));
        Assert.Null(await Store.FindRequestAsync(ConfigType.Role, request.Key, Cancel));
        Assert.Equal(1, await Store.AppendAsync(Draft(ConfigType.Role) with { Request = request }, 0, Cancel));
        Assert.Equal(2, (await Store.ReadNewestAsync(ConfigType.Pool, Cancel))!.Revision);
        Assert.Equal(3, await Store.AppendAsync(Draft(ConfigType.Pool), 2, Cancel));
    }

    [Fact]
    public async Task Tags_are_a_set_to_add_to_and_to_take_from()
    {
        await Store.AppendAsync(Draft(ConfigType.Pool), 0, Cancel);
        Assert.True(await Store.TagAsync(ConfigType.Pool, 1, ["a", StoreSamples.OddText, "b"], [], Cancel));
        Assert.True(await Store.TagAsync(ConfigType.Pool, 1, ["a", "c"], ["b", "none"], Cancel));
        Assert.Equal(["a", StoreSamples.OddText, "c"], (await Store.ReadRevisionAsync(ConfigType.Pool, 1, Cancel))!.Tags.Items);
        Assert.False(await Store.TagAsync(ConfigType.Pool, 2, ["a"], [], Cancel));
        Assert.True(await Store.TagAsync(ConfigType.Backend, 1, ["a"], [], Cancel));
        Assert.Equal(2, (await Store.ReadHistoryAsync(new ConfigHistoryQuery { Tags = ["a"] }, Cancel)).Count);
        Assert.Single(await Store.ReadHistoryAsync(new ConfigHistoryQuery { Tags = ["a", "c"] }, Cancel));
    }

    [Fact]
    public async Task A_deleted_revision_is_hidden_and_its_number_is_not_given_again()
    {
        await AppendAsync(ConfigType.Pool, 3);
        Assert.Equal(RevisionDeletion.Newest, await DeleteAsync(ConfigType.Pool, 3));
        Assert.Equal(RevisionDeletion.NotFound, await DeleteAsync(ConfigType.Pool, 4));
        Assert.Equal(RevisionDeletion.Deleted, await DeleteAsync(ConfigType.Pool, 2));
        Assert.Equal(RevisionDeletion.NotFound, await DeleteAsync(ConfigType.Pool, 2));
        Assert.False(await Store.TagAsync(ConfigType.Pool, 2, ["a"], [], Cancel));
        Assert.Equal("eve", (await Store.ReadRevisionAsync(ConfigType.Pool, 2, Cancel))!.DeletedBy);
        Assert.Equal(4, await Store.AppendAsync(Draft(ConfigType.Pool), 3, Cancel));

        var history = await Store.ReadHistoryAsync(new ConfigHistoryQuery { Types = [ConfigType.Pool] }, Cancel);
        Assert.Equal([1, 3, 4], history.Select(entry => entry.Revision));
        Assert.Empty(await Store.ReadHistoryAsync(new ConfigHistoryQuery { Types = [ConfigType.Pool], Revision = 2 }, Cancel));
        Assert.Equal(RevisionDeletion.Newest, await DeleteAsync(ConfigType.Backend, 1));
    }

    [Fact]
    public async Task History_takes_the_newest_that_match_and_orders_them_by_time_over_the_types()
    {
        await AppendAsync(ConfigType.Pool, 3);
        await AppendAsync(ConfigType.Role, 2);
        var both = new ConfigHistoryQuery { Types = [ConfigType.Role, ConfigType.Pool] };

        Assert.Equal("POOL:1 ROLE:1 POOL:2 ROLE:2 POOL:3", await HistoryAsync(both));
        Assert.Equal("POOL:3 ROLE:2 POOL:2 ROLE:1 POOL:1", await HistoryAsync(both with { Ascending = false }));
        Assert.Equal("POOL:2 ROLE:2", await HistoryAsync(both with { Offset = 1, Limit = 2 }));
        Assert.Equal("POOL:2 ROLE:2", await HistoryAsync(both with { Revision = 2 }));
        Assert.Equal("POOL:2", await HistoryAsync(both with { Name = "POOL-1" }));
        Assert.Equal("POOL:2 ROLE:2", await HistoryAsync(both with { AtTimestamp = At(1.5), Limit = 1 }, isSorted: true));
        Assert.Equal("POOL:2 ROLE:2", await HistoryAsync(both with { AtTimestamp = At(1) }, isSorted: true));
        var justBefore = At(1).AddTicks(-TimeSpan.TicksPerMicrosecond);
        Assert.Equal("POOL:1 ROLE:1", await HistoryAsync(both with { AtTimestamp = justBefore }, isSorted: true));
        Assert.Equal("POOL:1 ROLE:1", await HistoryAsync(both with { CreatedBefore = At(1) }));
        Assert.Equal("POOL:3", await HistoryAsync(both with { CreatedAfter = At(1) }));
        Assert.Equal("ROLE:1", await HistoryAsync(both with { Types = [ConfigType.Role], AtTimestamp = At(0) }));
        Assert.Equal("", await HistoryAsync(both with { AtTimestamp = At(-1) }));
    }

    [Fact]
    public async Task History_has_the_revisions_of_a_type_by_number_also_where_clocks_disagree()
    {
        foreach (var (at, minute) in ((double[])[0, 5, 3]).Select((minute, i) => (i, minute)))
        {
            Assert.Equal(at + 1, await Store.AppendAsync(Draft(ConfigType.Pool) with { CreatedAt = At(minute) }, at, Cancel));
        }

        Assert.Equal(1, await Store.AppendAsync(Draft(ConfigType.Role) with { CreatedAt = At(4) }, 0, Cancel));
        var both = new ConfigHistoryQuery { Types = [ConfigType.Role, ConfigType.Pool] };

        Assert.Equal("POOL:1 POOL:2 POOL:3 ROLE:1", await HistoryAsync(both));
        Assert.Equal("ROLE:1 POOL:3 POOL:2 POOL:1", await HistoryAsync(both with { Ascending = false }));
        Assert.Equal("POOL:3 ROLE:1", await HistoryAsync(both with { Limit = 2 }));
        Assert.Equal("POOL:1 POOL:2", await HistoryAsync(both with { Limit = 2, Offset = 2 }));
        Assert.Equal("", await HistoryAsync(both with { Offset = int.MaxValue }));
    }

    [Fact]
    public async Task History_is_filtered_by_all_combinations()
    {
        var all = await FillAsync();
        string?[] names = [null, "b1", "none"];
        string[][] tagSets = [[], ["odd"], ["odd", "third"], ["none"]];
        DateTimeOffset?[] times = [null, At(4), At(9)];
        (int Offset, int Limit)[] pages = [(0, 20), (0, 2), (1, 2), (100, 5)];
        var queries =
            from name in names
            from tags in tagSets
            from before in times
            from after in times
            from page in pages
            from isAscending in new[] { true, false }
            select new ConfigHistoryQuery
            {
                Types = [ConfigType.Pool],
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
    }

    private static IEnumerable<ConfigRevision> Expected(IReadOnlyList<ConfigRevision> all, ConfigHistoryQuery query)
    {
        var newest = all.Reverse()
            .Where(entry => query.Name is null || entry.Name == query.Name)
            .Where(entry => query.Tags.All(tag => entry.Tags.Items.Contains(tag)))
            .Where(entry => query.CreatedBefore is null || entry.CreatedAt < query.CreatedBefore)
            .Where(entry => query.CreatedAfter is null || entry.CreatedAt > query.CreatedAfter)
            .Skip(query.Offset)
            .Take(query.Limit);
        return query.Ascending ? newest.Reverse() : newest;
    }

    private static DateTimeOffset At(double minute) => StoreSamples.Now.AddMinutes(minute);

    private static ConfigDraft Draft(ConfigType type, string document = "{}") =>
        new(type, "", "ann", StoreSamples.Now, "why", TextList.Empty, $"{{\"text\":\"{document}\"}}");

    private async Task AppendAsync(ConfigType type, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var draft = Draft(type) with { Name = $"{type.Name()}-{i}", CreatedAt = At(i) };
            Assert.Equal(i + 1, await Store.AppendAsync(draft, i, Cancel));
        }
    }

    /// <summary>Twelve changes of three pools, a minute apart; every second one is tagged odd, every third one third.</summary>
    /// <returns>The whole history, oldest first.</returns>
    private async Task<IReadOnlyList<ConfigRevision>> FillAsync()
    {
        var all = new List<ConfigRevision>();
        for (var i = 0; i < 12; i++)
        {
            string[] tags = [.. i % 2 == 1 ? ["odd"] : Array.Empty<string>(), .. i % 3 == 0 ? ["third"] : Array.Empty<string>()];
            var draft = Draft(ConfigType.Pool, $"{i}") with { Name = $"b{i % 3}", CreatedAt = At(i), Tags = new TextList([.. tags]) };
            Assert.Equal(i + 1, await Store.AppendAsync(draft, i, Cancel));
            all.Add(new(
                draft.Type, i + 1, draft.Name, draft.Username, draft.CreatedAt, draft.Description, draft.Tags, draft.DocumentJson));
        }

        return all;
    }

    private Task<RevisionDeletion> DeleteAsync(ConfigType type, long revision) =>
        Store.DeleteRevisionAsync(type, revision, "eve", StoreSamples.Now, Cancel);

    private async Task<string> HistoryAsync(ConfigHistoryQuery query, bool isSorted = false)
    {
        var entries = (await Store.ReadHistoryAsync(query, Cancel)).Select(entry => $"{entry.Type.Name()}:{entry.Revision}");
        return string.Join(' ', isSorted ? entries.Order(StringComparer.Ordinal) : entries);
    }
}

public sealed class SqliteConfigStoreTests() : ConfigStoreContract(new SqliteUnderTest());

public sealed class PostgresConfigStoreTests(SharedPostgres postgres) : ConfigStoreContract(new PostgresUnderTest(postgres));
