using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Pools;

/// <summary>What users have set for themselves, and the recorded requests of OSMO's CLI about it.</summary>
public sealed class ProfileRouteTests
{
    [Fact]
    public async Task Settings_are_kept_per_user()
    {
        await using var server = await RunningServer.StartAsync();
        server.Http.DefaultRequestHeaders.Add("x-osmo-user", "jane");
        var (status, body, _) = await server.SendAsync(HttpMethod.Post, "/api/profile/settings", """{"pool": "default"}""");
        Assert.True(status == 200 && body is null, $"{status} {body}");
        await server.SendAsync(HttpMethod.Post, "/api/profile/settings", """{"slack_notification": true}""");
        await server.RestartAsync();
        server.Http.DefaultRequestHeaders.Remove("x-osmo-user");
        server.Http.DefaultRequestHeaders.Add("x-osmo-user", "jane");
        Assert.Equal(
            """{"username":"jane","email_notification":false,"slack_notification":true,"bucket":null,"pool":"default"}""",
            (await server.GetAsync("/api/profile/settings"))["profile"]!.ToJsonString());
        server.Http.DefaultRequestHeaders.Remove("x-osmo-user");
        Assert.Null((await server.GetAsync("/api/profile/settings"))["profile"]!["pool"]);
    }

    [Theory]
    [InlineData("""{"pool": "nosuch"}""", "Pool nosuch not found.")]
    [InlineData("""{"email_notification": "yes"}""", "$.email_notification")]
    [InlineData("[]", "Send an object")]
    public async Task What_cannot_be_set_is_refused(string body, string says)
    {
        await using var server = await RunningServer.StartAsync();
        var (status, problem, _) = await server.SendAsync(HttpMethod.Post, "/api/profile/settings", body);
        Assert.InRange(status, 400, 422);
        Assert.Contains(says, problem!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_recorded_requests_are_answered_with_what_the_CLI_reads()
    {
        await using var server = await RunningServer.StartAsync();
        server.Http.DefaultRequestHeaders.Add("x-osmo-user", "admin");
        var replayed = 0;
        var recording = File.ReadLines(SharedMaterial.PathOf("protocol", "samples", "cli-misc.jsonl"));
        foreach (var line in recording.Select(text => JsonNode.Parse(text)!))
        {
            if ((string?)line["path"] != "/api/profile/settings")
            {
                continue;
            }

            var sent = line["body"] is JsonObject json ? json.ToJsonString() : null;
            var (status, body, _) = await server.SendAsync(new HttpMethod((string)line["method"]!), "/api/profile/settings", sent);
            var recorded = JsonNode.Parse((string)line["response_body"]!);
            Assert.Equal((int)line["status"]! / 100, status / 100);
            if (status == 200 && recorded is not null)
            {
                Assert.Equal(recorded["profile"]!.ToJsonString(), body!["profile"]!.ToJsonString());
                Assert.Equal(recorded["pools"]!.ToJsonString(), body["pools"]!.ToJsonString());
            }
            else if (status != 200)
            {
                Assert.Equal((string)recorded!["error_code"]!, (string)body!["error_code"]!);
            }

            replayed++;
        }

        Assert.Equal(5, replayed);
    }
}
