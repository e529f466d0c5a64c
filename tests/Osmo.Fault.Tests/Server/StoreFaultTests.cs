using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Fault.Tests.Server;

/// <summary>The disk fails under a running server: writes are refused in words, reads go on, and nothing acknowledged is lost.</summary>
public sealed class StoreFaultTests : IDisposable
{
    private const string Config = "/api/configs/backend/east";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_disk_that_takes_no_more_and_then_does_again()
    {
        var acknowledged = -1;
        await using (var server = await ServerProcess.StartAsync(_folder.Path))
        {
            using var http = new HttpClient { BaseAddress = server.Url };
            await using (var agent = await ScriptedAgent.JoinAsync(server.Url, "east"))
            {
                await agent.ReportAsync([ScriptedNode.Ready("a")], snapshot: true);
            }

            await server.LimitFilesAsync(new FileInfo(_folder.Of("osmo.db-wal")).Length + 20_000);
            HttpResponseMessage? refusal = null;
            for (var i = 0; refusal is null; i++)
            {
                var answer = await WriteAsync(http, i);
                (acknowledged, refusal) = answer.IsSuccessStatusCode ? (i, null) : (acknowledged, answer);
            }

            Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.StatusCode);
            var problem = await refusal.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("cannot be used", problem, StringComparison.Ordinal);
            Assert.Equal($"{acknowledged}", await DescriptionAsync(http));
            Assert.Equal(1, await NodesAsync(http));

            await server.LimitFilesAsync(null);
            await Eventually.AgreesAsync(
                async () => await WriteAsync(http, ++acknowledged) is { IsSuccessStatusCode: false } answer ? $"{answer.StatusCode}" : null,
                "writes are taken again");
            await using var again = await ScriptedAgent.JoinAsync(server.Url, "east");
            await again.ReportAsync([ScriptedNode.Ready("b")]);
            await server.KillAsync();
        }

        await using var next = await ServerProcess.StartAsync(_folder.Path);
        using var reader = new HttpClient { BaseAddress = next.Url };
        Assert.Equal($"{acknowledged}", await DescriptionAsync(reader));
        Assert.Equal(2, await NodesAsync(reader));
    }

    [Fact]
    public async Task A_database_that_is_overwritten_makes_the_server_unready_and_leaves_it_alive()
    {
        await using var server = await ServerProcess.StartAsync(_folder.Path);
        using var http = new HttpClient { BaseAddress = server.Url };
        Assert.Equal("ok", await http.GetStringAsync("/readyz", TestContext.Current.CancellationToken));
        foreach (var file in new[] { "osmo.db", "osmo.db-wal", "osmo.db-shm" })
        {
            await using var stream = new FileStream(_folder.Of(file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            await stream.WriteAsync(Enumerable.Repeat((byte)'x', (int)stream.Length).ToArray(), TestContext.Current.CancellationToken);
        }

        using var answer = await http.GetAsync("/readyz", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("ok", await http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
    }

    private static Task<HttpResponseMessage> WriteAsync(HttpClient http, int number) =>
        http.PostAsJsonAsync(Config, new JsonObject { ["configs"] = new JsonObject { ["description"] = $"{number}" } });

    private static async Task<string?> DescriptionAsync(HttpClient http) =>
        (string?)(await http.GetFromJsonAsync<JsonNode>(Config))!["description"];

    private static async Task<int> NodesAsync(HttpClient http) =>
        (int)(await http.GetFromJsonAsync<JsonNode>("/api/backends/east"))!["nodes"]!;
}
