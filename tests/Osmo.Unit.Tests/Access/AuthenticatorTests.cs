using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Access.Recognition;
using Osmo.Access.Secrets;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Access;

/// <summary>Who is recognized, for how long, and by which gateway.</summary>
public sealed class AuthenticatorTests
{
    [Fact]
    public async Task A_token_has_its_own_roles_and_a_login_those_of_its_token()
    {
        using var rig = await AccessRig.StartAsync();
        var token = await rig.AddTokenAsync("agent", roles: "osmo-backend");
        var login = await rig.LogInAsync(token);
        foreach (var credential in new[] { token, login, login })
        {
            var identity = (await rig.RecognizeAsync(credential)).Identity!;
            Assert.Equal("agent", identity.Principal.Name);
            Assert.Equal(["osmo-backend"], identity.Principal.Roles);
            Assert.True(identity.Allows("Websocket", "/api/agent/channel/backend/east"));
            Assert.False(identity.Allows("GET", "/api/audit"));
        }
    }

    [Fact]
    public async Task The_token_of_a_file_works_without_the_store_and_can_be_exchanged()
    {
        using var rig = new AccessRig();
        rig.Store.IsAway = true;
        Assert.Equal("admin", (await rig.RecognizeAsync(AccessRig.AdminToken)).Identity!.Principal.Name);

        rig.Store.IsAway = false;
        await AccessRig.StartAsync(rig);
        var login = await rig.LogInAsync(AccessRig.AdminToken);
        Assert.True((await rig.RecognizeAsync(login)).Identity!.Allows("DELETE", "/api/configs/role/x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("admin-token-of-the-fil")]
    public async Task What_is_no_credential_is_refused(string credential)
    {
        using var rig = await AccessRig.StartAsync();
        var answer = await rig.RecognizeAsync(credential);
        Assert.Null(answer.Identity);
        Assert.NotEmpty(answer.Refusal!);
        Assert.True(credential.Length < 3 || !answer.Refusal!.Contains(credential, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_login_ends_after_five_minutes_and_a_token_with_the_beginning_of_its_day()
    {
        using var rig = await AccessRig.StartAsync();
        var token = await rig.AddTokenAsync("agent", days: 1, roles: "osmo-backend");
        var login = await rig.LogInAsync(token);
        await rig.TickAsync(TimeSpan.FromSeconds(299));
        Assert.NotNull((await rig.RecognizeAsync(login)).Identity);
        await rig.TickAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("expired", (await rig.RecognizeAsync(login)).Refusal, StringComparison.Ordinal);

        var midnight = rig.Time.GetUtcNow().UtcDateTime.Date.AddDays(1) - rig.Time.GetUtcNow().UtcDateTime;
        await rig.TickAsync(midnight - TimeSpan.FromSeconds(1));
        Assert.NotNull((await rig.RecognizeAsync(token)).Identity);
        await rig.TickAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(AccessLimits.Expired, (await rig.RecognizeAsync(token)).Refusal);
    }

    [Fact]
    public async Task A_deleted_token_takes_its_logins_with_it_on_every_gateway_within_five_seconds()
    {
        using var one = await AccessRig.StartAsync();
        using var other = await AccessRig.StartAsync(new AccessRig(one.Store, one.Time));
        var token = await one.AddTokenAsync("agent", roles: "osmo-backend");
        var login = await one.LogInAsync(token);
        Assert.NotNull((await other.RecognizeAsync(token)).Identity);
        Assert.NotNull((await other.RecognizeAsync(login)).Identity);

        await one.RemoveTokenAsync("agent");
        await other.TickAsync();
        Assert.Null((await other.RecognizeAsync(token)).Identity);
        Assert.Null((await other.RecognizeAsync(login)).Identity);
    }

    [Fact]
    public async Task What_the_store_has_not_confirmed_for_five_seconds_lets_nobody_in()
    {
        using var rig = await AccessRig.StartAsync();
        var token = await rig.AddTokenAsync("agent", roles: "osmo-backend");
        Assert.NotNull((await rig.RecognizeAsync(token)).Identity);
        rig.Store.IsAway = true;
        await Assert.ThrowsAsync<OsmoException>(() => rig.TickAsync(TimeSpan.FromSeconds(4.9)));
        Assert.NotNull((await rig.RecognizeAsync(token)).Identity);

        rig.Time.Advance(TimeSpan.FromSeconds(0.2));
        var failure = await Assert.ThrowsAsync<OsmoException>(() => rig.RecognizeAsync(token));
        Assert.Equal(ErrorCode.Unavailable, failure.Code);

        rig.Store.IsAway = false;
        await rig.TickAsync();
        Assert.NotNull((await rig.RecognizeAsync(token)).Identity);
    }

    [Fact]
    public async Task A_new_token_is_looked_up_at_once_but_guesses_do_not_flood_the_store()
    {
        using var rig = await AccessRig.StartAsync();
        var token = await rig.AddTokenAsync("agent", roles: "osmo-backend");
        Assert.Null((await rig.RecognizeAsync(token, mayLookUp: false)).Identity);
        Assert.NotNull((await rig.RecognizeAsync(token)).Identity);

        var before = rig.Store.VersionReads;
        for (var i = 0; i < 1_000; i++)
        {
            Assert.Null((await rig.RecognizeAsync($"{i:x64}")).Identity);
        }

        Assert.True(rig.Store.VersionReads - before <= 1);
    }

    [Fact]
    public async Task A_rotated_key_verifies_until_its_last_login_has_ended_and_a_revoked_one_not_at_all()
    {
        using var rig = await AccessRig.StartAsync();
        using var other = await AccessRig.StartAsync(new AccessRig(rig.Store, rig.Time));
        var token = await rig.AddTokenAsync("agent", roles: "osmo-backend");
        var old = await rig.LogInAsync(token);
        var first = rig.Store.Keys[0].Id;
        rig.Time.Advance(TimeSpan.FromSeconds(0.5));
        var second = await rig.RotateAsync();
        Assert.NotEqual(first, second);

        // The other gateway does not know of the new key yet, and asks.
        var fresh = await rig.LogInAsync(token);
        Assert.NotNull((await other.RecognizeAsync(fresh)).Identity);
        Assert.NotNull((await other.RecognizeAsync(old)).Identity);

        await rig.RevokeAsync(second);
        await other.TickAsync();
        Assert.Null((await other.RecognizeAsync(fresh)).Identity);
        Assert.Null((await rig.RecognizeAsync(fresh)).Identity);
        Assert.NotNull((await other.RecognizeAsync(old)).Identity);
    }

    [Fact]
    public async Task The_key_that_signs_is_replaced_when_it_is_old_and_forgotten_when_nothing_of_it_is_valid()
    {
        using var rig = await AccessRig.StartAsync();
        var token = await rig.AddTokenAsync("agent", days: 300, roles: "osmo-backend");
        await rig.LogInAsync(token);
        var first = rig.Store.Keys[0].Id;
        await rig.TickAsync(TimeSpan.FromDays(31));
        await rig.LogInAsync(token);
        Assert.Equal(2, rig.Store.Keys.Count);
        await rig.TickAsync(TimeSpan.FromDays(31));
        await rig.LogInAsync(token);
        Assert.Equal(2, rig.Store.Keys.Count);
        Assert.DoesNotContain(rig.Store.Keys, key => key.Id == first);
        Assert.Single(await rig.Keys.PublishAsync(CancellationToken.None), key => key.Id == rig.Store.Keys[0].Id);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("RS256")]
    [InlineData("payload")]
    [InlineData("cut")]
    public async Task A_forged_login_is_refused(string how)
    {
        using var rig = await AccessRig.StartAsync();
        var token = await rig.AddTokenAsync("agent", roles: "osmo-backend");
        var parts = (await rig.LogInAsync(token)).Split('.');
        var header = JsonNode.Parse(Base64Url.Decode(parts[0]))!;
        var payload = JsonNode.Parse(Base64Url.Decode(parts[1]))!;
        header["alg"] = how is "none" or "HS256" ? how : "RS256";
        if (how == "payload")
        {
            payload["unique_name"] = "admin";
        }

        var signed = $"{Base64Url.Encode(header.ToJsonString())}.{Base64Url.Encode(payload.ToJsonString())}";
        var forged = how switch
        {
            "none" => $"{signed}.",
            "HS256" => $"{signed}.{Base64Url.Encode(HMACSHA256.HashData(PublicKey(rig), Encoding.UTF8.GetBytes(signed)))}",
            "RS256" => $"{signed}.{Base64Url.Encode(SignWithAnotherKey(signed))}",
            "payload" => $"{signed}.{parts[2]}",
            _ => $"{parts[0]}.{parts[1]}.{parts[2][..^8]}",
        };
        var answer = await rig.RecognizeAsync(forged);
        Assert.Null(answer.Identity);
    }

    [Fact]
    public async Task Tokens_outlive_the_key_of_their_hash_while_it_is_in_the_ring()
    {
        var (oldKey, newKey) = (Key(1), Key(2));
        using var before = await AccessRig.StartAsync(new AccessRig(ring: new SecretsKeyRing([oldKey])));
        var token = await before.AddTokenAsync("agent", roles: "osmo-backend");
        var login = await before.LogInAsync(token);
        using var during = await AccessRig.StartAsync(new AccessRig(before.Store, before.Time, new SecretsKeyRing([newKey, oldKey])));
        Assert.NotNull((await during.RecognizeAsync(token)).Identity);
        Assert.NotNull((await during.RecognizeAsync(login)).Identity);
        Assert.NotEmpty(await during.LogInAsync(token));
        using var after = await AccessRig.StartAsync(new AccessRig(before.Store, before.Time, new SecretsKeyRing([newKey])));
        Assert.Null((await after.RecognizeAsync(token)).Identity);
    }

    [Fact]
    public async Task A_token_has_a_budget_of_its_own_which_its_logins_share()
    {
        using var rig = await AccessRig.StartAsync();
        var token = await rig.AddTokenAsync("agent", roles: "osmo-backend");
        var login = await rig.LogInAsync(token);
        var budget = (await rig.RecognizeAsync(token)).Identity!.Budget;
        Assert.Same(budget, (await rig.RecognizeAsync(login)).Identity!.Budget);
        Assert.NotSame(budget, (await rig.RecognizeAsync(await rig.AddTokenAsync("other"))).Identity?.Budget);
        var taken = 0;
        while (budget.TryTake())
        {
            taken++;
        }

        Assert.Equal(5_000, taken);
        rig.Time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True(budget.HasAny);
    }

    private static SecretsKey Key(byte fill) => new(Enumerable.Repeat(fill, SecretsKey.Bytes).ToArray());

    private static byte[] PublicKey(AccessRig rig) => Convert.FromBase64String(rig.Store.Keys[0].PublicKey);

    private static byte[] SignWithAnotherKey(string text)
    {
        using var rsa = RSA.Create(2_048);
        return rsa.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static class Base64Url
    {
        public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

        public static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

        public static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
    }
}
