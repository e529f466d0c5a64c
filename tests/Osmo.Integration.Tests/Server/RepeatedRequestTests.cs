using System.Text.Json.Nodes;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>A request that is repeated after an answer that its sender never saw.</summary>
public sealed class RepeatedRequestTests : IAsyncLifetime
{
    private const string Path = "/api/configs/backend/isaac";

    private RunningServer _server = null!;
    private ScriptedAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _agent = await ScriptedAgent.JoinAsync(_server.Url, "isaac");
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task It_applies_once_and_is_answered_as_the_first_time_whatever_came_after()
    {
        var first = await DescribeAsync("first", key: "a");
        await DescribeAsync("second", key: "b");
        var again = await DescribeAsync("first", key: "a");
        await _server.RestartAsync();
        var afterRestart = await DescribeAsync("first", key: "a");

        Assert.Equal((200, first.ETag), (again.Status, again.ETag));
        Assert.Equal((200, first.ETag), (afterRestart.Status, afterRestart.ETag));
        Assert.Equal(first.Body!["description"]!.ToString(), afterRestart.Body!["description"]!.ToString());
        Assert.Equal("second", (await _server.GetAsync(Path))["description"]!.ToString());
        Assert.Equal(1, await RevisionsWithAsync("first"));
    }

    [Fact]
    public async Task A_key_that_is_used_for_another_change_is_refused()
    {
        await DescribeAsync("first", key: "a");
        var (status, body, _) = await DescribeAsync("other", key: "a");

        Assert.Equal(422, status);
        Assert.Contains("Use a new one for every change", body!["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("first", (await _server.GetAsync(Path))["description"]!.ToString());
    }

    [Fact]
    public async Task Another_users_key_is_another_request()
    {
        await DescribeAsync("first", key: "a");
        var (status, _, _) = await DescribeAsync("other", key: "a", user: "bob");

        Assert.Equal(200, status);
        Assert.Equal("other", (await _server.GetAsync(Path))["description"]!.ToString());
    }

    [Fact]
    public async Task A_deletion_that_is_repeated_does_not_delete_what_registered_since()
    {
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Delete, Path, null, key: "d")).Status);
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Delete, Path, null, key: "d")).Status);
        await using var next = await ScriptedAgent.JoinAsync(_server.Url, "isaac");

        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Delete, Path, null, key: "d")).Status);
        Assert.Equal("isaac", (await _server.GetAsync(Path))["name"]!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    public async Task A_key_that_cannot_be_used_is_refused(string key)
    {
        var (status, body, _) = await DescribeAsync("first", key);

        Assert.Equal(400, status);
        Assert.Contains("Idempotency-Key", body!["detail"]!.ToString(), StringComparison.Ordinal);
    }

    private Task<(int Status, JsonNode? Body, string? ETag)> DescribeAsync(string description, string key, string user = "alice") =>
        _server.SendAsync(HttpMethod.Patch, Path, $$"""{"description":"{{description}}"}""", user: user, key: key);

    private async Task<int> RevisionsWithAsync(string description)
    {
        var history = await _server.GetAsync("/api/configs/history?name=isaac&limit=100");
        return history["configs"]!.AsArray().Count(entry => entry!["data"]![0]!["description"]!.ToString() == description);
    }
}
