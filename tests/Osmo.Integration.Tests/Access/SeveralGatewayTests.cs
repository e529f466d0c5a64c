using System.Net;
using System.Security.Cryptography;
using Osmo.Server.Hosting;
using Osmo.Testing;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Who may come in is known at every gateway, whichever one was told.</summary>
public sealed class SeveralGatewayTests(SharedPostgres postgres, ITestOutputHelper output)
{
    [Fact]
    public async Task A_token_that_one_gateway_made_is_good_at_the_others_and_bad_when_it_was_deleted()
    {
        var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await using var one = await StartAsync("one", database, key);
        await using var two = await StartAsync("two", database, key);
        var token = await one.CreateTokenAsync("t1", "osmo-user");
        var login = await one.LogInAsync(token);
        foreach (var credential in (string[])[token, login])
        {
            // One that a gateway does not know is looked for at once, and not when it next asks for everything.
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(two, credential)).Status);
        }

        var deleted = TimeProvider.System.GetTimestamp();
        Assert.Equal(HttpStatusCode.OK, (await one.DeleteTokenAsync("t1")).Status);
        foreach (var (scene, credential) in ((AccessScene, string)[])[(one, token), (one, login), (two, token), (two, login)])
        {
            await Eventually.AgreesAsync(
                async () => (await AskAsync(scene, credential)).Status is HttpStatusCode.Unauthorized ? null : "it is let in",
                "the deleted token is refused");
        }

        output.WriteLine($"refused everywhere after {TimeProvider.System.GetElapsedTime(deleted).TotalMilliseconds:F0} ms");
    }

    private static Task<AccessScene.Answer> AskAsync(AccessScene scene, string credential) =>
        scene.SendAsync("GET", "/api/backends", credential);

    private static Task<AccessScene> StartAsync(string id, string database, string key) => AccessScene.StartAsync(options =>
    {
        options.SecretsKeys = key;
        options.Cluster = new ClusterSettings
        {
            Postgres = database,
            Id = id,
            Endpoint = "127.0.0.1:0",
            DrainSeconds = 1,
        };
    });
}
