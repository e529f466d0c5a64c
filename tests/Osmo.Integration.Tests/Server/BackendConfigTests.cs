using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>The BACKEND configuration on the wire.</summary>
public sealed class BackendConfigTests : IAsyncLifetime
{
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
    public async Task A_backend_registers_with_the_defaults_that_the_guide_names()
    {
        var document = await _server.GetAsync("/api/configs/backend/isaac");

        Assert.Equal("isaac", (string?)document["name"]);
        Assert.Equal("1.2.3", (string?)document["version"]);
        Assert.Equal("uid-of-isaac", (string?)document["k8s_uid"]);
        Assert.Equal("workflows", (string?)document["k8s_namespace"]);
        Assert.Equal(
            """{"scheduler_type":"default-scheduler","scheduler_name":"default-scheduler","coscheduling":false,"scheduler_timeout":30}""",
            document["scheduler_settings"]!.ToJsonString());
        Assert.Equal(
            """{"additional_node_conditions":[],"ignore_node_conditions":[],"prefix":"osmo.nvidia.com/"}""",
            document["node_conditions"]!.ToJsonString());
        Assert.Equal("""{"endpoints":[]}""", document["cache_config"]!.ToJsonString());
        Assert.Equal("[]", document["tests"]!.ToJsonString());
        Assert.True((bool)document["online"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$", (string?)document["last_heartbeat"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$", (string?)document["created_date"]);
        var list = await _server.GetAsync("/api/configs/backend");
        Assert.Equal("isaac", (string?)list["backends"]![0]!["name"]);
    }

    [Fact]
    public async Task A_field_that_is_given_replaces_the_whole_of_it_and_others_stay()
    {
        const string Before =
            """{"description":"first","node_conditions":"""
            + """{"additional_node_conditions":["GpuHealthy"],"ignore_node_conditions":["Some*"]}}""";
        await _server.ConfigureAsync("isaac", Before);
        var (status, body, etag) = await _server.ConfigureAsync("isaac", """{"node_conditions":{"ignore_node_conditions":["Other"]}}""");

        Assert.Equal(200, status);
        Assert.Null(body);
        Assert.Equal("\"4\"", etag);
        var document = await _server.GetAsync("/api/configs/backend/isaac");
        Assert.Equal("first", (string?)document["description"]);
        Assert.Equal(
            """{"additional_node_conditions":[],"ignore_node_conditions":["Other"],"prefix":"osmo.nvidia.com/"}""",
            document["node_conditions"]!.ToJsonString());
    }

    [Fact]
    public async Task A_document_can_be_sent_back_as_it_was_read_and_makes_no_revision()
    {
        var document = await _server.GetAsync("/api/configs/backend/isaac");
        var (status, _, etag) = await _server.ConfigureAsync("isaac", document.ToJsonString());

        Assert.Equal(200, status);
        Assert.Equal("\"2\"", etag);
        var history = await _server.GetAsync("/api/configs/history?config_types=BACKEND");
        Assert.Equal([1L, 2L], history["configs"]!.AsArray().Select(entry => (long)entry!["revision"]!));
    }

    [Theory]
    [InlineData(
        """{"scheduler_settings":{"scheduler_type":"kai","scheduler_name":"kai-scheduler","coscheduling":true,"scheduler_timeout":30}}""")]
    [InlineData("""{"scheduler_settings":{"scheduler_type":"default-scheduler"}}""")]
    [InlineData("""{"scheduler_settings":{"scheduler_type":"volcano","coscheduling":true}}""")]
    [InlineData("""{"services":{"backendListener":{"enable_node_label_update":true}}}""")]
    [InlineData("""{"node_conditions":{"prefix":"osmo.nvidia.com/"},"last_heartbeat":"2026-11-21T18:37:31","online":true}""")]
    [InlineData("""{"description":null,"tests":[],"cache_config":{"endpoints":[]}}""")]
    public async Task What_the_guide_shows_is_accepted(string configs) =>
        Assert.Equal(200, (await _server.ConfigureAsync("isaac", configs)).Status);

    [Fact]
    public async Task A_test_that_is_not_there_is_named_with_the_nearest_that_is()
    {
        const string Test = """
            {"configs": {"cron_schedule": "0 3 * * *", "node_conditions": ["GpuHealthy"], "common_pod_template": ["default_user"]}}
            """;
        Assert.Equal(200, (await _server.SendAsync(HttpMethod.Put, "/api/configs/backend_test/nccl-test", Test)).Status);
        var (status, problem, _) = await _server.ConfigureAsync("isaac", """{"tests":["nccl-test","nccl-tets","zebra"]}""");
        Assert.Equal(422, status);
        Assert.Equal(
            [
                "names \"nccl-tets\", and there is no such BACKEND_TEST. Did you mean nccl-test?",
                "names \"zebra\", and there is no such BACKEND_TEST. Make that first.",
            ],
            problem!["errors"]!.AsArray().Select(error => (string?)error!["message"]));
        var (patched, _, _) = await _server.SendAsync(HttpMethod.Patch, "/api/configs/backend/isaac", """{"tests":["zebra"]}""");
        Assert.Equal(422, patched);
        Assert.Equal(200, (await _server.ConfigureAsync("isaac", """{"tests":["nccl-test"]}""")).Status);
    }

    [Theory]
    [InlineData("""{"description":5}""", "description")]
    [InlineData("""{"desciption":"typo"}""", "desciption")]
    [InlineData("""{"typo":null}""", "typo")]
    [InlineData("""[]""", "configs")]
    [InlineData("""{"scheduler_settings":{"scheduler_type":"slurm"}}""", "scheduler_settings.scheduler_type")]
    [InlineData("""{"scheduler_settings":{"scheduler_timeout":-1}}""", "scheduler_settings.scheduler_timeout")]
    [InlineData("""{"scheduler_settings":{"scheduler_timeout":1.5}}""", "scheduler_settings.scheduler_timeout")]
    [InlineData("""{"scheduler_settings":{"coscheduling":true}}""", "scheduler_settings.coscheduling")]
    [InlineData("""{"scheduler_settings":{"coscheduling":"yes"}}""", "scheduler_settings.coscheduling")]
    [InlineData("""{"scheduler_settings":{"scheduler":"kai"}}""", "scheduler_settings.scheduler")]
    [InlineData("""{"node_conditions":{"additional_node_conditions":["Gpu*Healthy"]}}""", "node_conditions.additional_node_conditions[0]")]
    [InlineData("""{"node_conditions":{"ignore_node_conditions":["ok",""]}}""", "node_conditions.ignore_node_conditions[1]")]
    [InlineData("""{"node_conditions":{"ignore_node_conditions":"Ready"}}""", "node_conditions.ignore_node_conditions")]
    [InlineData("""{"node_conditions":{"ignore_node_conditions":[1]}}""", "node_conditions.ignore_node_conditions[0]")]
    [InlineData("""{"node_conditions":{"prefix":"other.osmo.nvidia.com/"}}""", "node_conditions.prefix")]
    [InlineData(
        """{"services":{"backendListener":{"enable_node_label_update":"on"}}}""", "services.backendListener.enable_node_label_update")]
    [InlineData("""{"services":{"worker":{}}}""", "services.worker")]
    [InlineData("""{"tests":["a","a"]}""", "tests")]
    public async Task Bad_fields_are_refused_by_name_and_nothing_is_applied(string configs, string field)
    {
        var before = (await _server.GetAsync("/api/configs/backend/isaac")).ToJsonString();
        var (status, body, _) = await _server.ConfigureAsync("isaac", configs);

        Assert.Equal(422, status);
        Assert.Equal(422, (int)body!["status"]!);
        Assert.Contains(field, body["errors"]!.AsArray().Select(error => (string)error!["field"]!));
        Assert.NotEmpty((string)body["message"]!);
        Assert.Equal("USER", (string?)body["error_code"]);
        var after = (await _server.GetAsync("/api/configs/backend/isaac")).ToJsonString();
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task A_good_field_beside_a_bad_one_is_not_applied()
    {
        await _server.ConfigureAsync("isaac", """{"description":"new","scheduler_settings":{"scheduler_timeout":-1}}""");
        Assert.Equal("", (string?)(await _server.GetAsync("/api/configs/backend/isaac"))["description"]);
    }

    [Fact]
    public async Task A_prefix_of_another_value_is_refused_with_what_to_do()
    {
        var (_, body, _) = await _server.ConfigureAsync("isaac", """{"node_conditions":{"prefix":"x.osmo.nvidia.com/"}}""");
        Assert.Contains("global.nodeConditionPrefix", (string?)body!["detail"]);
        Assert.Contains("redeploy", (string?)body["detail"]);
    }

    [Fact]
    public async Task If_match_guards_against_lost_updates()
    {
        var (_, _, etag) = await _server.ConfigureAsync("isaac", """{"description":"one"}""");
        Assert.Equal(200, (await _server.ConfigureAsync("isaac", """{"description":"two"}""", etag)).Status);
        var (status, body, _) = await _server.ConfigureAsync("isaac", """{"description":"three"}""", etag);

        Assert.Equal(412, status);
        Assert.Equal("PreconditionFailed", (string?)body!["code"]);
        Assert.Equal("two", (string?)(await _server.GetAsync("/api/configs/backend/isaac"))["description"]);
        Assert.Equal(412, (await _server.SendAsync(HttpMethod.Delete, "/api/configs/backend/isaac", "{}", etag)).Status);
        Assert.Equal(412, (await _server.ConfigureAsync("isaac", "{}", "\"abc\"")).Status);
        Assert.Equal(400, (await _server.ConfigureAsync("isaac", "{}", "no tag")).Status);
    }

    [Fact]
    public async Task A_merge_patch_changes_single_fields_and_null_restores_defaults()
    {
        const string Before =
            """{"description":"x","scheduler_settings":"""
            + """{"scheduler_type":"kai","scheduler_name":"kai-scheduler","coscheduling":true}}""";
        await _server.ConfigureAsync("isaac", Before);
        var (status, body, _) = await _server.SendAsync(
            HttpMethod.Patch, "/api/configs/backend/isaac", """{"description":null,"scheduler_settings":{"scheduler_timeout":60}}""");

        Assert.Equal(200, status);
        Assert.Equal("", (string?)body!["description"]);
        Assert.Equal(
            """{"scheduler_type":"kai","scheduler_name":"kai-scheduler","coscheduling":true,"scheduler_timeout":60}""",
            body["scheduler_settings"]!.ToJsonString());
        Assert.Equal(422, (await _server.SendAsync(HttpMethod.Patch, "/api/configs/backend/isaac", "[]")).Status);
        Assert.Equal(422, (await _server.SendAsync(HttpMethod.Patch, "/api/configs/backend/isaac", """{"typo":null}""")).Status);
    }

    [Fact]
    public async Task A_submission_reads_its_own_revision_for_ever()
    {
        var (_, _, first) = await _server.ConfigureAsync(
            "isaac", """{"scheduler_settings":{"scheduler_type":"volcano","scheduler_name":"volcano"}}""");
        await _server.ConfigureAsync("isaac", """{"scheduler_settings":{"scheduler_type":"kai","scheduler_name":"kai-scheduler"}}""");

        var old = await _server.GetAsync($"/api/configs/backend/isaac?revision={first!.Trim('"')}");
        Assert.Equal("volcano", (string?)old["scheduler_settings"]!["scheduler_type"]);
        Assert.Equal("kai", (string?)(await _server.GetAsync("/api/configs/backend/isaac"))["scheduler_settings"]!["scheduler_type"]);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, "/api/configs/backend/isaac?revision=1", null)).Status);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, "/api/configs/backend/isaac?revision=999", null)).Status);
        Assert.Equal(422, (await _server.SendAsync(HttpMethod.Get, "/api/configs/backend/isaac?revision=abc", null)).Status);
    }

    [Fact]
    public async Task Configuration_and_history_survive_a_restart()
    {
        await _server.ConfigureAsync("isaac", """{"description":"kept","node_conditions":{"additional_node_conditions":["GpuHealthy"]}}""");
        await _server.RestartAsync();

        var document = await _server.GetAsync("/api/configs/backend/isaac");
        Assert.Equal("kept", (string?)document["description"]);
        Assert.Equal("GpuHealthy", (string?)document["node_conditions"]!["additional_node_conditions"]![0]);
        var history = await _server.GetAsync("/api/configs/history?order=DESC&limit=1");
        Assert.Equal(3, (long)history["configs"]![0]!["revision"]!);
        Assert.Equal("alice", (string?)history["configs"]![0]!["username"]);
        Assert.Equal("kept", (string?)history["configs"]![0]!["data"]![0]!["description"]);
    }

    [Fact]
    public async Task A_deleted_backend_is_gone_and_its_history_stays()
    {
        var (status, body, _) = await _server.SendAsync(HttpMethod.Delete, "/api/configs/backend/isaac", """{"description":"moved"}""");
        Assert.Equal(200, status);
        Assert.Null(body);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Get, "/api/configs/backend/isaac", null)).Status);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Delete, "/api/configs/backend/isaac", "{}")).Status);
        Assert.Equal(404, (await _server.ConfigureAsync("isaac", "{}")).Status);
        var last = (await _server.GetAsync("/api/configs/history?order=DESC&limit=1"))["configs"]![0]!;
        Assert.Equal("moved", (string?)last["description"]);
        Assert.Empty(last["data"]!.AsArray());
        await Testing.Eventually.HoldsAsync(
            () => _agent.Refusal?.Code == Protocol.Agent.V1.Refusal.Types.Code.Deleted, "the agent is told");
    }

    [Theory]
    [InlineData("Isaac")]
    [InlineData("-a")]
    [InlineData("a_b")]
    [InlineData("a.b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Names_that_are_no_dns_labels_are_refused(string name) =>
        Assert.Equal(422, (await _server.SendAsync(HttpMethod.Get, $"/api/configs/backend/{name}", null)).Status);

    [Fact]
    public async Task Bodies_that_are_no_json_or_too_large_are_refused()
    {
        const string Path = "/api/configs/backend/isaac";
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, Path, """{"configs":{"description":"\ud800"}}""")).Status);
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, Path, """{"configs":{},"description":"\udc00"}""")).Status);
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Patch, Path, """{"description":"\ud800"}""")).Status);
        Assert.False(_agent.Ended);
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, Path, "{bad")).Status);
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, Path, """{"configs":{"description":"a","description":"b"}}""")).Status);
        Assert.Equal(422, (await _server.SendAsync(HttpMethod.Post, Path, """{"description":"no configs"}""")).Status);
        var large = """{"configs":{"description":" """ + new string('x', 10_000_000) + "\"}}";
        var (status, body, _) = await _server.SendAsync(HttpMethod.Post, Path, large);
        Assert.Equal(413, status);
        Assert.Equal("TooLarge", (string?)body!["code"]);
    }
}
