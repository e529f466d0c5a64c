using System.Text.Json.Nodes;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Configs;

/// <summary>What is done to revisions: comparing, tagging, deleting, putting in force again.</summary>
public sealed class RevisionRouteTests : IAsyncLifetime
{
    private const string History = "/api/configs/history";

    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        await using var a = await ScriptedAgent.JoinAsync(_server.Url, "a");
        await using var b = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await SetAsync("a", "one");
        await SetAsync("b", "one");
        await SetAsync("a", "two");
        await PatchAsync(21);
        await PatchAsync(22);
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_server.Errors);
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_document_goes_back_as_a_new_revision()
    {
        Assert.Equal((200, null, "\"4\""), await RollBackAsync("WORKFLOW", 2, ""","description":"go back","tags":["rb"]"""));
        var entry = (await ReadAsync("config_types=WORKFLOW&order=DESC&limit=1"))[0]!;
        Assert.Equal("Roll back WORKFLOW to r2: go back", (string?)entry["description"]);
        Assert.Equal(("rb", "", 21), ((string?)entry["tags"]![0], (string?)entry["name"], (int)entry["data"]!["max_num_tasks"]!));
    }

    [Fact]
    public async Task Backends_go_back_each_by_its_own_change()
    {
        Assert.Equal(200, (await RollBackAsync("BACKEND", 5, "")).Status);
        Assert.Equal("one one", await DescriptionsAsync());
        var entry = (await ReadAsync("config_types=BACKEND&order=DESC&limit=1"))[0]!;
        Assert.Equal(("a", "Roll back BACKEND to r5"), ((string?)entry["name"], (string?)entry["description"]));
        Assert.Equal(200, (await RollBackAsync("BACKEND", 6, "")).Status);
        Assert.Equal("two one", await DescriptionsAsync());
    }

    [Fact]
    public async Task A_backend_that_is_gone_is_left_out_and_named()
    {
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Delete, "/api/configs/backend/b", "{}")).Status);
        var (status, answer, _) = await RollBackAsync("BACKEND", 5, "");
        Assert.Equal(200, status);
        Assert.Contains("b", (string?)answer, StringComparison.Ordinal);
        Assert.Equal("one", await DescriptionsAsync());
    }

    [Fact]
    public async Task Revisions_that_are_not_there_are_named()
    {
        foreach (var type in new[] { "BACKEND", "WORKFLOW" })
        {
            Assert.Equal(404, (await RollBackAsync(type, 99, "")).Status);
            Assert.Equal(404, (await _server.SendAsync(
                HttpMethod.Get, $"/api/configs/diff?config_type={type}&first_revision=1&second_revision=99", null)).Status);
            Assert.Equal(404, (await TagAsync(type, 99, """{"set_tags":["x"]}""")).Status);
            Assert.Equal(404, (await DeleteAsync(type, 99)).Status);
        }

        Assert.Equal(422, (await RollBackAsync("POOLS", 1, "")).Status);
        Assert.Equal(422, (await TagAsync("pools", 1, """{"set_tags":["x"]}""")).Status);
    }

    [Theory]
    [InlineData("BACKEND")]
    [InlineData("WORKFLOW")]
    public async Task A_deleted_revision_is_hidden_and_nothing_goes_back_to_it(string type)
    {
        Assert.Equal(200, (await DeleteAsync(type.ToLowerInvariant(), 2)).Status);
        Assert.Equal(404, (await DeleteAsync(type, 2)).Status);
        Assert.Empty(await ReadAsync($"config_types={type}&revision=2"));
        var (status, answer, _) = await RollBackAsync(type, 2, "");
        Assert.Equal(422, status);
        Assert.Contains("deleted by", (string?)answer!["message"], StringComparison.Ordinal);

        var newest = (int)(await ReadAsync($"config_types={type}&limit=1"))[0]!["revision"]!;
        (status, answer, _) = await DeleteAsync(type, newest);
        Assert.Equal(422, status);
        Assert.Contains("current revision", (string?)answer!["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BACKEND")]
    [InlineData("WORKFLOW")]
    public async Task Tags_are_set_and_deleted(string type)
    {
        Assert.Equal((200, null), Answer(await TagAsync(type.ToLowerInvariant(), 2, """{"set_tags":["x","y"]}""")));
        Assert.Equal((200, null), Answer(await TagAsync(type, 2, """{"set_tags":["z"],"delete_tags":["x"]}""")));
        Assert.Equal("y,z", string.Join(',', (await ReadAsync($"config_types={type}&tags=y&tags=z"))[0]!["tags"]!.AsArray()));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"set_tags":[]}""")]
    [InlineData("""{"set_tags":[1]}""")]
    [InlineData("""{"set_tags":"x"}""")]
    [InlineData("""{"delete_tags":[""]}""")]
    public async Task Tags_that_are_none_are_refused(string body) => Assert.Equal(422, (await TagAsync("WORKFLOW", 2, body)).Status);

    [Fact]
    public async Task A_difference_of_backends_is_without_what_changes_by_itself()
    {
        var both = await _server.GetAsync("/api/configs/diff?config_type=BACKEND&first_revision=5&second_revision=6");
        var (first, second) = (both["first_data"]!.AsArray(), both["second_data"]!.AsArray());
        Assert.Equal(("one", "two"), ((string?)first[0]!["description"], (string?)second[0]!["description"]));
        first[0]!["description"] = "two";
        Assert.Equal(first.ToJsonString(), second.ToJsonString());
    }

    private static (int Status, JsonNode? Body) Answer((int Status, JsonNode? Body, string? ETag) answer) => (answer.Status, answer.Body);

    private async Task<JsonArray> ReadAsync(string query) => (await _server.GetAsync($"{History}?{query}"))["configs"]!.AsArray();

    private async Task<string> DescriptionsAsync() => string.Join(
        ' ', (await _server.GetAsync("/api/configs/backend"))["backends"]!.AsArray().Select(backend => (string?)backend!["description"]));

    private Task<(int Status, JsonNode? Body, string? ETag)> RollBackAsync(string type, int revision, string rest) => _server.SendAsync(
        HttpMethod.Post, $"{History}/rollback", $$"""{"config_type":"{{type}}","revision":{{revision}}{{rest}}}""");

    private Task<(int Status, JsonNode? Body, string? ETag)> TagAsync(string type, int revision, string body) =>
        _server.SendAsync(HttpMethod.Post, $"{History}/{type}/revision/{revision}/tags", body);

    private Task<(int Status, JsonNode? Body, string? ETag)> DeleteAsync(string type, int revision) =>
        _server.SendAsync(HttpMethod.Delete, $"{History}/{type}/revision/{revision}", null);

    private async Task SetAsync(string backend, string description) =>
        Assert.Equal(200, (await _server.ConfigureAsync(backend, $$"""{"description":"{{description}}"}""")).Status);

    private async Task PatchAsync(int tasks) => Assert.Equal(200, (await _server.SendAsync(
        HttpMethod.Patch, "/api/configs/workflow", $$$"""{"configs_dict":{"max_num_tasks":{{{tasks}}}}}""")).Status);
}
