using System.Text.Json.Nodes;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>The history as OSMO's clients ask for it.</summary>
public sealed class HistoryTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        await using var a = await ScriptedAgent.JoinAsync(_server.Url, "a");
        await using var b = await ScriptedAgent.JoinAsync(_server.Url, "b");
        await PostAsync("a", """{"configs":{"description":"1"},"description":"first","tags":["x","y"]}""");
        await PostAsync("b", """{"configs":{"description":"2"},"description":"second","tags":["x"]}""");
        await PostAsync("a", """{"configs":{"description":"3"}}""");
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Revisions_count_over_all_backends_from_the_initial_one()
    {
        var entries = await HistoryAsync("");
        Assert.Equal(
            ["1:/system", "2:a/system", "3:b/system", "4:a/alice", "5:b/alice", "6:a/alice"],
            entries.Select(entry => $"{entry!["revision"]}:{entry["name"]}/{entry["username"]}"));
        Assert.Equal("Initial configuration", (string?)entries[0]!["description"]);
        Assert.Equal("initial-config", (string?)entries[0]!["tags"]![0]);
        Assert.Equal("Create backend a", (string?)entries[1]!["description"]);
        Assert.Equal("first", (string?)entries[3]!["description"]);
        Assert.Equal("Updated backend 'a'", (string?)entries[5]!["description"]);
        Assert.All(entries, entry => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$", (string?)entry!["created_at"]));
    }

    [Fact]
    public async Task An_entry_holds_the_complete_configuration_at_its_revision()
    {
        var data = (await HistoryAsync("?revision=5"))[0]!["data"]!.AsArray();
        Assert.Equal(["a=1", "b=2"], data.Select(document => $"{document!["name"]}={document["description"]}"));
        Assert.Empty((await HistoryAsync("?revision=1"))[0]!["data"]!.AsArray());
        Assert.Null((await HistoryAsync("?revision=5&omit_data=True"))[0]!["data"]);
    }

    [Theory]
    [InlineData("?limit=2", "5,6")]
    [InlineData("?limit=2&order=DESC", "6,5")]
    [InlineData("?limit=2&offset=1", "4,5")]
    [InlineData("?name=b", "3,5")]
    [InlineData("?tags=x", "4,5")]
    [InlineData("?tags=x&tags=y", "4")]
    [InlineData("?tags=none", "")]
    [InlineData("?config_types=BACKEND&limit=1", "6")]
    [InlineData("?config_types=ROLE", "1")]
    [InlineData("?config_types=ROLE&config_types=BACKEND&limit=1", "6")]
    [InlineData("?config_types=ROLE&config_types=BACKEND&at_timestamp=2100-01-01&order=ASC", "6,1")]
    [InlineData("?created_before=2000-01-01T00:00:00", "")]
    [InlineData("?created_after=2000-01-01%2000:00:00.5&limit=1", "6")]
    [InlineData("?at_timestamp=2100-01-01%2000:00:00.123456", "6")]
    [InlineData("?at_timestamp=2000-01-01", "")]
    public async Task Entries_are_selected_as_asked(string query, string revisions) =>
        Assert.Equal(revisions, string.Join(',', (await HistoryAsync(query)).Select(entry => (string?)entry!["revision"]?.ToString())));

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=1001")]
    [InlineData("?offset=-1")]
    [InlineData("?order=asc")]
    [InlineData("?config_types=backend")]
    [InlineData("?revision=0")]
    [InlineData("?omit_data=maybe")]
    [InlineData("?created_before=yesterday")]
    [InlineData("?at_timestamp=2100-01-01&created_after=2000-01-01")]
    public async Task Parameters_that_break_a_rule_are_refused(string query) =>
        Assert.Equal(422, (await _server.SendAsync(HttpMethod.Get, $"/api/configs/history{query}", null)).Status);

    private async Task<JsonArray> HistoryAsync(string query) =>
        (await _server.GetAsync($"/api/configs/history{OfBackends(query)}"))["configs"]!.AsArray();

    private static string OfBackends(string query) =>
        query.Contains("config_types", StringComparison.Ordinal) ? query : $"?config_types=BACKEND&{query.TrimStart('?')}";

    private async Task PostAsync(string backend, string body) =>
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Post, $"/api/configs/backend/{backend}", body, user: "alice")).Status);
}
