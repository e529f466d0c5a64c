using System.Text.Json.Nodes;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Configs;

/// <summary>The routes of all types but BACKEND.</summary>
public sealed class DocumentRouteTests : IAsyncLifetime
{
    private const string Assertion = """{"operator":"LE","left_operand":"1","right_operand":"2","assert_message":"no"}""";

    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_server.Errors);
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("pod_template", "configs", """{"spec":{"nodeSelector":{"a":"b"}}}""")]
    [InlineData("group_template", "configs", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}""")]
    [InlineData("resource_validation", "configs", "[" + Assertion + "]")]
    [InlineData("backend_test", "configs",
        """{"cron_schedule":"0 3 * * *","node_conditions":["GpuHealthy"],"common_pod_template":["default_user"]}""")]
    [InlineData("role", "configs", """{"policies":[{"actions":[{"base":"http","path":"/api/pool/*","method":"get"}]}]}""")]
    [InlineData("pool", "configs", """{"backend":"east","common_pod_template":["default_user"]}""")]
    public async Task An_entry_is_made_read_listed_and_deleted(string type, string field, string entry)
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "east");
        var path = $"/api/configs/{type}/my-entry";
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, path, null)).Status);
        var body = $$"""{"{{field}}":{{entry}},"description":"why","tags":["t"]}""";
        var made = await _server.SendAsync(HttpMethod.Put, path, body, user: "ann");
        Assert.Equal((200, null, "\"2\""), made);

        var read = await _server.GetAsync(path);
        Assert.Contains(read.ToJsonString(), Shown(await _server.GetAsync($"/api/configs/{type.ToUpperInvariant()}")));
        var entries = await HistoryAsync($"config_types={type.ToUpperInvariant()}");
        Assert.Equal(
            ("my-entry", 2, "ann", "why", "t"),
            ((string?)entries[1]!["name"], (int)entries[1]!["revision"]!, (string?)entries[1]!["username"],
                (string?)entries[1]!["description"], (string?)entries[1]!["tags"]![0]));
        Assert.Contains("my-entry", entries[1]!["data"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("my-entry", entries[0]!["data"]!.ToJsonString(), StringComparison.Ordinal);

        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Delete, path, """{"description":"bye"}""")).Status);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Delete, path, "{}")).Status);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, path, null)).Status);
    }

    [Theory]
    [InlineData("pool", """{"pools":{}}""")]
    [InlineData("pod_template", "{}")]
    [InlineData("role", "[]")]
    [InlineData("resource_validation", "{}")]
    public async Task A_whole_type_that_is_put_leaves_other_entries(string type, string nothing)
    {
        var before = (await _server.GetAsync($"/api/configs/{type}")).ToJsonString();
        var (status, answer, etag) = await _server.SendAsync(HttpMethod.Put, $"/api/configs/{type}", $$"""{"configs":{{nothing}}}""");
        Assert.Equal((200, null, "\"1\""), (status, answer, etag));
        Assert.Equal(before, (await _server.GetAsync($"/api/configs/{type}")).ToJsonString());
        (status, _, etag) = await _server.SendAsync(HttpMethod.Put, $"/api/configs/{type}", $$"""{"configs":{{before}}}""");
        Assert.Equal((200, "\"1\""), (status, etag));
    }

    [Theory]
    [InlineData("workflow", """{"max_num_tasks":7}""", "max_num_tasks")]
    [InlineData("service", """{"service_base_url":"https://osmo.example"}""", "service_base_url")]
    [InlineData("dataset", """{"default_bucket":"b"}""", "default_bucket")]
    public async Task A_patch_answers_the_fields_that_it_changed(string type, string patch, string field)
    {
        var (status, answer, etag) = await _server.SendAsync(HttpMethod.Patch, $"/api/configs/{type}", $$"""{"configs_dict":{{patch}}}""");
        Assert.Equal((200, "\"2\""), (status, etag));
        Assert.Equal([field], answer!.AsObject().Select(entry => entry.Key));
        Assert.Equal(answer[field]!.ToJsonString(), (await _server.GetAsync($"/api/configs/{type}"))[field]!.ToJsonString());
        (status, _, etag) = await _server.SendAsync(HttpMethod.Patch, $"/api/configs/{type}", $$"""{"configs_dict":{{patch}}}""");
        Assert.Equal((200, "\"2\""), (status, etag));
    }

    [Fact]
    public async Task Pools_are_patched_renamed_and_have_platforms()
    {
        await using var agent = await ScriptedAgent.JoinAsync(_server.Url, "east");
        Assert.Equal(200, await StatusAsync("PUT", "pool/robots", """{"configs":{"backend":"east","default_platform":"a"}}"""));
        Assert.Equal(200, await StatusAsync("PUT", "pool/robots/platform/a", """{"configs":{"labels":{"gpu":"h100"}}}"""));
        Assert.Equal(200, await StatusAsync("PATCH", "pool/robots", """{"configs_dict":{"enable_maintenance":true}}"""));
        Assert.Equal(200, await StatusAsync("PUT", "pool/robots/platform/a/rename", """{"new_name":"b"}"""));
        Assert.Equal(200, await StatusAsync("PUT", "pool/robots/rename", """{"new_name":"arms"}"""));

        var pool = await _server.GetAsync("/api/configs/pool/arms");
        Assert.Equal(("arms", "b", true), ((string?)pool["name"], (string?)pool["default_platform"], (bool)pool["enable_maintenance"]!));
        Assert.Equal("h100", (string?)(await _server.GetAsync("/api/configs/pool/arms/platform/b"))["labels"]!["gpu"]);
        Assert.Single((await _server.GetAsync("/api/configs/pool/arms/platform")).AsObject());
        Assert.Single((await _server.GetAsync("/api/configs/pool?backend=east&verbose=True"))["pools"]!.AsObject());
        Assert.Equal(404, await StatusAsync("PUT", "pool/robots/rename", """{"new_name":"x"}"""));
        Assert.Equal(422, await StatusAsync("PUT", "pool/arms/rename", """{"new_name":"default"}"""));
        Assert.Equal(422, await StatusAsync("PUT", "pool/arms/rename", """{"new_name":"a b"}"""));
        Assert.Equal(404, await StatusAsync("PUT", "pool/arms/platform/a/rename", """{"new_name":"c"}"""));
    }

    [Fact]
    public async Task Buckets_are_merged_into_and_deleted()
    {
        Assert.Equal(200, await StatusAsync("PATCH", "dataset/raw", """{"configs_dict":{"dataset_path":"s3://raw"}}"""));
        Assert.Equal(200, await StatusAsync("PATCH", "dataset/raw", """{"configs_dict":{"region":"eu"}}"""));
        var buckets = (await _server.GetAsync("/api/configs/dataset"))["buckets"]!;
        Assert.Equal("""{"dataset_path":"s3://raw","region":"eu"}""", buckets["raw"]!.ToJsonString());
        Assert.Equal(200, await StatusAsync("DELETE", "dataset/raw", "{}"));
        Assert.Equal(404, await StatusAsync("DELETE", "dataset/raw", "{}"));
    }

    [Theory]
    [InlineData("PUT", "pool/p", """{"configs":{"backend":"nowhere"}}""", "there is no such BACKEND")]
    [InlineData("PATCH", "pool/default", """{"configs_dict":{"common_pod_template":["default_usr"]}}""", "Did you mean default_user?")]
    [InlineData("DELETE", "pod_template/default_user", "{}", "in use by pools.default")]
    [InlineData("DELETE", "resource_validation/default_cpu", "{}", "in use by pools.default")]
    [InlineData("DELETE", "role/osmo-admin", "{}", "is protected")]
    [InlineData("PUT", "role/osmo-default", """{"configs":{"policies":[]}}""", "is protected")]
    [InlineData("PATCH", "workflow", """{"configs_dict":{"max_num_task":3}}""", "Did you mean max_num_tasks?")]
    [InlineData("PATCH", "workflow", """{"configs_dict":3}""", "must be an object")]
    [InlineData("PATCH", "workflow", """{"config":{}}""", "configs: is missing")]
    [InlineData("PUT", "pod_template/my template", """{"configs":{}}""", "no usable name")]
    [InlineData("PUT", "role", """{"configs":[{"policies":[]}]}""", "objects with a name")]
    public async Task What_breaks_a_rule_is_refused_and_changes_nothing(string method, string path, string body, string problem)
    {
        var (status, answer, _) = await _server.SendAsync(HttpMethod.Parse(method), $"/api/configs/{path}", body);
        Assert.Equal(422, status);
        Assert.Contains(problem, (string?)answer!["message"], StringComparison.Ordinal);
        Assert.Equal("USER", (string?)answer["error_code"]);
        Assert.All(await HistoryAsync("omit_data=True"), entry => Assert.Equal(1, (int)entry!["revision"]!));
    }

    [Fact]
    public async Task A_revision_that_is_not_the_current_one_is_refused()
    {
        const string Change = """{"configs_dict":{"max_num_tasks":7}}""";
        Assert.Equal(412, (await _server.SendAsync(HttpMethod.Patch, "/api/configs/workflow", Change, ifMatch: "\"9\"")).Status);
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Patch, "/api/configs/workflow", Change, ifMatch: "\"1\"")).Status);
        Assert.Equal(412, (await _server.SendAsync(HttpMethod.Patch, "/api/configs/workflow", Change, ifMatch: "\"1\"")).Status);
    }

    [Fact]
    public async Task A_repeated_request_is_applied_once()
    {
        const string Change = """{"configs":{"spec":{}}}""";
        const string Path = "/api/configs/pod_template/t";
        Assert.Equal("\"2\"", (await _server.SendAsync(HttpMethod.Put, Path, Change, key: "k1")).ETag);
        Assert.Equal("\"3\"", (await _server.SendAsync(HttpMethod.Delete, Path, "{}", key: "k2")).ETag);

        // Repeated late, the first one does not make anew what was deleted since, and the second one does not miss what it deleted.
        Assert.Equal((200, null, "\"3\""), await _server.SendAsync(HttpMethod.Put, Path, Change, key: "k1"));
        Assert.Equal((200, null, "\"3\""), await _server.SendAsync(HttpMethod.Delete, Path, "{}", key: "k2"));
        Assert.Equal(422, (await _server.SendAsync(HttpMethod.Put, Path, """{"configs":{"other":{}}}""", key: "k1")).Status);
    }

    [Fact]
    public async Task Slashes_are_folded_and_types_are_found_in_any_case()
    {
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Get, $"{_server.Url}/api//configs/WORKFLOW", null)).Status);
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Get, "/api/configs/Pod_Template", null)).Status);
    }

    private static IEnumerable<string> Shown(JsonNode document) => document switch
    {
        JsonArray list => list.Select(entry => entry!.ToJsonString()),
        JsonObject { Count: 1 } wrapper when wrapper["pools"] is JsonObject pools => Shown(pools),
        _ => document.AsObject().Select(entry => entry.Value!.ToJsonString()),
    };

    private async Task<JsonArray> HistoryAsync(string query) =>
        (await _server.GetAsync($"/api/configs/history?{query}"))["configs"]!.AsArray();

    private async Task<int> StatusAsync(string method, string path, string body) =>
        (await _server.SendAsync(HttpMethod.Parse(method), $"/api/configs/{path}", body)).Status;
}
