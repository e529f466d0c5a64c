using Osmo.Access.Recognition;
using Osmo.Access.Tokens;
using Osmo.Access.Users;
using Osmo.Domain.Backends;
using Xunit;

namespace Osmo.Unit.Tests.Access;

/// <summary>What the roles of users mean for their tokens.</summary>
public sealed class StoredUserTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Theory]
    [InlineData(AccessTokenKind.User, "alice", "a b", "b")]
    [InlineData(AccessTokenKind.User, "alice", "a", "")]
    [InlineData(AccessTokenKind.User, "nobody", "a b", "a b")]
    [InlineData(AccessTokenKind.Service, "alice", "a b", "a b")]
    public void A_users_token_has_of_its_roles_those_that_the_user_has(AccessTokenKind kind, string user, string roles, string left)
    {
        var token = new AccessToken("id", kind, user, "t", new TokenHash("k", "h")) { Roles = new TextList([.. roles.Split(' ')]) };
        Assert.Equal(left, string.Join(' ', State(token).RolesOf(token)));
    }

    [Theory]
    [InlineData("alice", "a b", "a b c")]
    [InlineData("alice", "", "b c")]
    [InlineData("nobody", "a", "a")]
    public void A_log_in_of_a_provider_has_what_it_claims_and_what_the_user_was_assigned(string user, string claimed, string roles) =>
        Assert.Equal(
            roles, string.Join(' ', State().RolesOf(user, [.. claimed.Split(' ', StringSplitOptions.RemoveEmptyEntries)])));

    [Fact]
    public async Task A_role_that_is_taken_from_a_user_is_gone_from_their_tokens_when_the_gateway_has_noticed()
    {
        using var rig = await AccessRig.StartAsync();
        var text = TokenText.Create();
        var token = new AccessToken("id", AccessTokenKind.User, "alice", "t", TokenText.Hash(rig.Ring, text))
        {
            Roles = new TextList(["osmo-user"]),
            ExpiresOn = DateOnly.MaxValue,
        };
        rig.Store.SetUsers(User("alice", "osmo-user"));
        await rig.Store.AddTokenAsync(token, null!, TestContext.Current.CancellationToken);
        await rig.TickAsync();
        Assert.Equal(["osmo-user"], (await rig.RecognizeAsync(text)).Identity!.Principal.Roles);
        rig.Store.SetUsers(User("alice"));
        await rig.TickAsync();
        Assert.Empty((await rig.RecognizeAsync(text)).Identity!.Principal.Roles);
        rig.Store.SetUsers();
        await rig.TickAsync();
        Assert.Equal(["osmo-user"], (await rig.RecognizeAsync(text)).Identity!.Principal.Roles);
    }

    private static AccessState State(params AccessToken[] tokens) => new(
        new AccessRecords(1, tokens, [], [User("alice", "b", "c")]), 1, Osmo.Access.Roles.RoleTable.Preassigned);

    private static StoredUser User(string id, params string[] roles) =>
        new(id, Now, "admin", [.. roles.Select(role => new RoleAssignment(role, "admin", Now))]);
}
