using Osmo.Access.Auditing;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Domain.Backends;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of access tokens, signing keys and the audit trail.</summary>
public abstract class AccessStoreContract(StoreUnderTest database) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IAccessStore Store => database.Access;

    public async ValueTask InitializeAsync() => await database.OpenAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Every_field_of_a_token_comes_back()
    {
        var token = Token("t1") with
        {
            Description = StoreSamples.OddText,
            Roles = new TextList(["b", "a", StoreSamples.OddText]),
            LastUsedAt = StoreSamples.Now.AddMinutes(1),
        };
        Assert.True(await Store.AddTokenAsync(token, Event("create"), Cancel));

        await database.OpenAsync(Cancel);

        Assert.Equal(token, Assert.Single((await Store.ReadAsync(Cancel)).Tokens));
    }

    [Fact]
    public async Task A_name_is_taken_once_for_each_user_and_kind()
    {
        var first = Token("t1");
        Assert.True(await Store.AddTokenAsync(first, Event("create"), Cancel));
        Assert.False(await Store.AddTokenAsync(Token("t1"), Event("create"), Cancel));
        Assert.True(await Store.AddTokenAsync(Token("t1") with { User = "other" }, Event("create"), Cancel));
        Assert.True(await Store.AddTokenAsync(Token("t1") with { Kind = AccessTokenKind.User }, Event("create"), Cancel));

        var records = await Store.ReadAsync(Cancel);
        Assert.Equal(3, records.Tokens.Count);
        Assert.Contains(first, records.Tokens);
        Assert.Equal(3, (await database.Audit.ReadAsync(new AuditQuery(), Cancel)).Count);
    }

    [Fact]
    public async Task Every_change_makes_a_version_and_a_line_and_what_changes_nothing_makes_neither()
    {
        var version = await Store.ReadVersionAsync(Cancel);
        Assert.False(await Store.RemoveTokenAsync(AccessTokenKind.Service, "t1", "t1", Event("delete"), Cancel));
        Assert.False(await Store.RemoveSigningKeyAsync("k", Event("delete"), Cancel));
        Assert.Equal(version, await Store.ReadVersionAsync(Cancel));
        Assert.Empty(await database.Audit.ReadAsync(new AuditQuery(), Cancel));

        await Store.AddTokenAsync(Token("t1"), Event("create"), Cancel);
        Assert.True(await Store.RemoveTokenAsync(AccessTokenKind.Service, "t1", "t1", Event("delete"), Cancel));
        Assert.Equal(version + 2, await Store.ReadVersionAsync(Cancel));
        var records = await Store.ReadAsync(Cancel);
        Assert.Equal(version + 2, records.Version);
        Assert.Empty(records.Tokens);
        Assert.Equal(
            [Event("delete"), Event("create")],
            (await database.Audit.ReadAsync(new AuditQuery(), Cancel)).Select(record => record.Event));
    }

    [Fact]
    public async Task The_last_use_only_grows_and_makes_no_version()
    {
        var token = Token("t1");
        await Store.AddTokenAsync(token, Event("create"), Cancel);
        var version = await Store.ReadVersionAsync(Cancel);
        var late = StoreSamples.Now.AddHours(1);
        foreach (var at in new[] { StoreSamples.Now, late, StoreSamples.Now })
        {
            await Store.SetLastUseAsync(new Dictionary<string, DateTimeOffset> { [token.Id] = at, ["gone"] = at }, Cancel);
        }

        Assert.Equal(late, Assert.Single((await Store.ReadAsync(Cancel)).Tokens).LastUsedAt);
        Assert.Equal(version, await Store.ReadVersionAsync(Cancel));
    }

    [Fact]
    public async Task Of_gateways_that_make_a_signing_key_at_once_one_does()
    {
        var made = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Store.AddSigningKeyAsync(Key($"k{i}"), null, Event("create"), Cancel)));
        Assert.Equal(1, made.Count(one => one));

        var first = Assert.Single((await Store.ReadAsync(Cancel)).Keys);
        Assert.Equal(Key(first.Id), first);
        Assert.False(await Store.AddSigningKeyAsync(Key("late"), null, Event("create"), Cancel));
        Assert.True(await Store.AddSigningKeyAsync(Key("next"), first.Id, Event("create"), Cancel));
        Assert.Equal(["next", first.Id], (await Store.ReadAsync(Cancel)).Keys.Select(key => key.Id));
        Assert.True(await Store.RemoveSigningKeyAsync(first.Id, Event("delete"), Cancel));
        Assert.Equal(["next"], (await Store.ReadAsync(Cancel)).Keys.Select(key => key.Id));
    }

    [Fact]
    public async Task The_trail_is_read_from_its_end_in_pages_and_by_user()
    {
        var events = Enumerable.Range(0, 5).Select(i => Event($"a{i}") with { Username = $"user{i % 2}" });
        await database.Audit.AppendAsync([.. events], Cancel);

        var all = await database.Audit.ReadAsync(new AuditQuery(), Cancel);
        Assert.Equal(["a4", "a3", "a2", "a1", "a0"], all.Select(record => record.Event.Action));
        var page = await database.Audit.ReadAsync(new AuditQuery { Limit = 2, Before = all[1].Number }, Cancel);
        Assert.Equal(all.Skip(2).Take(2), page);
        var ofUser = await database.Audit.ReadAsync(new AuditQuery { Username = "user1" }, Cancel);
        Assert.Equal(["a3", "a1"], ofUser.Select(record => record.Event.Action));
    }

    private static AccessToken Token(string name) => new(
        TokenText.CreateId(), AccessTokenKind.Service, name, name, new TokenHash("0badcafe", TokenText.Create()))
    {
        ExpiresOn = new DateOnly(2027, 1, 31),
        CreatedAt = StoreSamples.Now,
    };

    private static StoredSigningKey Key(string id) => new(id, "public", "sealed", StoreSamples.Now);

    private static AuditEvent Event(string action) => new(StoreSamples.Now, "admin", action, "token/service/t1", "127.0.0.1", "r1");
}

public sealed class SqliteAccessStoreTests() : AccessStoreContract(new SqliteUnderTest());

public sealed class PostgresAccessStoreTests(SharedPostgres postgres) : AccessStoreContract(new PostgresUnderTest(postgres));
