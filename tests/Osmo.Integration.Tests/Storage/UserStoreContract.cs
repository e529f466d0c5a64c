using Osmo.Access.Auditing;
using Osmo.Access.Profiles;
using Osmo.Access.Tokens;
using Osmo.Access.Users;
using Osmo.Domain.Backends;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What every store promises of users and their roles, and of the trail's old end.</summary>
public abstract class UserStoreContract(StoreUnderTest database) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IUserStore Store => database.Users;

    public async ValueTask InitializeAsync() => await database.OpenAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_user_comes_back_with_every_field_once()
    {
        var user = User("alice@example.com", Role("b"), Role("a"));
        var version = await database.Access.ReadVersionAsync(Cancel);
        Assert.True(await Store.AddAsync(user, Event("create"), Cancel));
        Assert.False(await Store.AddAsync(User("alice@example.com") with { CreatedBy = "other" }, Event("create"), Cancel));
        await database.OpenAsync(Cancel);

        var stored = Assert.Single((await database.Access.ReadAsync(Cancel)).Users);
        Assert.Equal((user.Id, user.CreatedAt, user.CreatedBy), (stored.Id, stored.CreatedAt, stored.CreatedBy));
        Assert.Equal([Role("a"), Role("b")], stored.Roles);
        Assert.Equal(version + 1, await database.Access.ReadVersionAsync(Cancel));
        Assert.Single(await database.Audit.ReadAsync(new AuditQuery(), Cancel));
    }

    [Fact]
    public async Task Roles_are_assigned_to_those_who_exist_and_kept_as_they_were()
    {
        await Store.AddAsync(User("a", Role("r")), Event("create"), Cancel);
        await Store.AddAsync(User("b"), Event("create"), Cancel);
        var later = Role("r") with { AssignedBy = "other", AssignedAt = StoreSamples.Now.AddDays(1) };
        Assert.True(await Store.AssignAsync(["a", "b", "none"], later, Event("assign"), Cancel));
        Assert.False(await Store.AssignAsync(["a", "b"], Role("r"), Event("assign"), Cancel));

        var users = (await database.Access.ReadAsync(Cancel)).Users;
        Assert.Equal(["a", "b"], users.Select(user => user.Id));
        Assert.Equal([Role("r"), later], users.Select(user => Assert.Single(user.Roles)));
        Assert.True(await Store.UnassignAsync("a", "r", Event("unassign"), Cancel));
        Assert.False(await Store.UnassignAsync("a", "r", Event("unassign"), Cancel));
        Assert.Equal([0, 1], (await database.Access.ReadAsync(Cancel)).Users.Select(user => user.Roles.Count));
        Assert.Equal(
            ["unassign", "assign", "create", "create"],
            (await database.Audit.ReadAsync(new AuditQuery(), Cancel)).Select(record => record.Event.Action));
    }

    [Fact]
    public async Task Who_is_removed_takes_their_tokens_and_profile_along_and_nobody_elses()
    {
        await Store.AddAsync(User("a", Role("r")), Event("create"), Cancel);
        await database.Access.AddTokenAsync(Token("t", "a", AccessTokenKind.User), Event("create"), Cancel);
        await database.Access.AddTokenAsync(Token("t", "b", AccessTokenKind.User), Event("create"), Cancel);
        await database.Access.AddTokenAsync(Token("a", "a", AccessTokenKind.Service), Event("create"), Cancel);
        await database.Profiles.ChangeAsync("a", new ProfileChange("pool", null, null, null), Cancel);

        Assert.True(await Store.RemoveAsync("a", Event("delete"), Cancel));
        Assert.False(await Store.RemoveAsync("a", Event("delete"), Cancel));

        var records = await database.Access.ReadAsync(Cancel);
        Assert.Empty(records.Users);
        Assert.Equal(
            [(AccessTokenKind.Service, "a"), (AccessTokenKind.User, "b")],
            records.Tokens.Select(token => (token.Kind, token.User)).Order());
        Assert.Equal(UserProfile.Empty, await database.Profiles.ReadAsync("a", Cancel));
        Assert.True(await Store.AddAsync(User("a"), Event("create"), Cancel));
        Assert.Empty(Assert.Single((await database.Access.ReadAsync(Cancel)).Users).Roles);
    }

    [Fact]
    public async Task The_trail_is_cut_at_its_old_end_in_batches()
    {
        var events = Enumerable.Range(0, 7).Select(day => Event($"a{day}") with { At = StoreSamples.Now.AddDays(day) });
        await database.Audit.AppendAsync([.. events], Cancel);
        var before = StoreSamples.Now.AddDays(5);
        var deleted = new List<int>();
        do
        {
            deleted.Add(await database.Audit.DeleteAsync(before, 2, Cancel));
        }
        while (deleted[^1] > 0);

        Assert.Equal([2, 2, 1, 0], deleted);
        Assert.Equal(["a6", "a5"], (await database.Audit.ReadAsync(new AuditQuery(), Cancel)).Select(record => record.Event.Action));
    }

    private static StoredUser User(string id, params RoleAssignment[] roles) => new(id, StoreSamples.Now, "admin", roles);

    private static RoleAssignment Role(string name) => new(name, "admin", StoreSamples.Now);

    private static AccessToken Token(string name, string user, AccessTokenKind kind) => new(
        TokenText.CreateId(), kind, user, name, new TokenHash("0badcafe", TokenText.Create()))
    {
        Roles = TextList.Empty,
        ExpiresOn = new DateOnly(2027, 1, 31),
        CreatedAt = StoreSamples.Now,
    };

    private static AuditEvent Event(string action) => new(StoreSamples.Now, "admin", action, "user/a", "127.0.0.1", "r1");
}

public sealed class SqliteUserStoreTests() : UserStoreContract(new SqliteUnderTest());

public sealed class PostgresUserStoreTests(SharedPostgres postgres) : UserStoreContract(new PostgresUnderTest(postgres));
