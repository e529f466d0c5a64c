using Osmo.Access.Profiles;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of profiles.</summary>
public abstract class ProfileStoreContract(StoreUnderTest database) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IProfileStore Store => database.Profiles;

    public async ValueTask InitializeAsync() => await database.OpenAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task What_was_set_stays_and_the_rest_is_left_alone()
    {
        Assert.Equal(UserProfile.Empty, await Store.ReadAsync("jane", Cancel));
        await Store.ChangeAsync("jane", new ProfileChange("robots", null, null, true), Cancel);
        await Store.ChangeAsync("jane", new ProfileChange(null, StoreSamples.OddText, true, false), Cancel);
        await Store.ChangeAsync("joe", new ProfileChange(null, null, null, null), Cancel);

        await database.OpenAsync(Cancel);

        Assert.Equal(new UserProfile("robots", StoreSamples.OddText, true, false), await Store.ReadAsync("jane", Cancel));
        Assert.Equal(UserProfile.Empty, await Store.ReadAsync("joe", Cancel));
    }
}

/// <summary>SQLite keeps them.</summary>
public sealed class SqliteProfileStoreTests() : ProfileStoreContract(new SqliteUnderTest());

/// <summary>PostgreSQL keeps them.</summary>
public sealed class PostgresProfileStoreTests(SharedPostgres postgres) : ProfileStoreContract(new PostgresUnderTest(postgres));
