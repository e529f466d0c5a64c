using System.Text.Json.Nodes;
using Osmo.Access.Roles;
using Osmo.Configs;
using Osmo.Configs.Documents;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Configs;

public sealed class ConfigDocumentTests
{
    public static TheoryData<string> Types => [.. ConfigTypes.Documents.Select(type => type.Name())];

    [Theory]
    [MemberData(nameof(Types))]
    public void An_empty_document_has_its_defaults_and_is_left_as_it_is(string name)
    {
        Assert.True(ConfigTypes.TryParse(name, out var type));
        var empty = ConfigDocument.Empty(type);
        Assert.Equal(empty.ToJsonString(), ConfigDocument.Check(type, empty).ToJsonString());
        Assert.Equal(empty.ToJsonString(), ConfigDocument.FromShown(type, ConfigDocument.ToShown(type, empty)).ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_first_document_is_left_as_it_is(string name)
    {
        Assert.True(ConfigTypes.TryParse(name, out var type));
        var first = InitialDocuments.Of(type);
        Assert.Equal(first.ToJsonString(), ConfigDocument.Check(type, first).ToJsonString());
        Assert.Equal(
            ConfigDocument.ToShown(type, first).ToJsonString(),
            ConfigDocument.ToShown(type, ConfigDocument.FromShown(type, ConfigDocument.ToShown(type, first))).ToJsonString());
    }

    [Fact]
    public void The_first_roles_are_the_preassigned_ones() => Assert.Equal(
        PreassignedRoles.All.Select(role => role.Name).Order(StringComparer.Ordinal),
        InitialDocuments.Of(ConfigType.Role).Select(entry => entry.Key).Order(StringComparer.Ordinal));

    [Fact]
    public void The_defaults_of_workflows_are_those_of_OSMO()
    {
        var workflow = ConfigDocument.Empty(ConfigType.Workflow);
        Assert.Equal(20, (int)workflow["max_num_tasks"]!);
        Assert.Equal("60d", (string?)workflow["max_exec_timeout"]);
        Assert.Equal("""{"registry":"","username":"","auth":""}""", workflow["backend_images"]!["credential"]!.ToJsonString());
        Assert.Equal(104_857_600, (long)workflow["user_workflow_limits"]!["jinja_sandbox_memory_limit"]!);
        Assert.Null(workflow["workflow_data"]!["credential"]);
    }

    [Theory]
    [InlineData("WORKFLOW", """{"max_num_task": 3}""", "max_num_task", "Did you mean max_num_tasks?")]
    [InlineData("WORKFLOW", """{"max_num_tasks": "many"}""", "max_num_tasks", "must be a whole number, not a string")]
    [InlineData("WORKFLOW", """{"max_num_tasks": -1}""", "max_num_tasks", "0 or more")]
    [InlineData("WORKFLOW", """{"max_num_tasks": 1.5}""", "max_num_tasks", "whole number")]
    [InlineData("WORKFLOW", """{"max_exec_timeout": "soon"}""", "max_exec_timeout", "with a unit")]
    [InlineData("WORKFLOW", """{"backend_images": {"credential": {"token": "x"}}}""", "backend_images.credential.token", "Known here")]
    [InlineData("WORKFLOW", """{"backend_images": "none"}""", "backend_images", "must be an object, not a string")]
    [InlineData("WORKFLOW", """{"workflow_info": {"tags": [1]}}""", "workflow_info.tags[0]", "must be a string")]
    [InlineData("SERVICE", """{"service_auth": {"login_info": {"device_endpont": null}}}""", "service_auth.login_info.device_endpont",
        "Did you mean device_endpoint?")]
    [InlineData("SERVICE", """{"cli_config": {"min_supported_version": "new"}}""", "cli_config.min_supported_version", "1.2.3")]
    [InlineData("POOL", """{"a b": {"backend": "east"}}""", "pools.a b", "no usable name")]
    [InlineData("POOL", """{"p": {}}""", "pools.p.backend", "is missing")]
    [InlineData("POOL", """{"p": {"backend": "east", "name": "q"}}""", "p.name", "another name")]
    [InlineData("POOL", """{"p": {"backend": "east", "platforms": {"x": {"tolerations": [1]}}}}""", "pools.p.platforms.x.tolerations[0]",
        "must be an object")]
    [InlineData("RESOURCE_VALIDATION", """{"v": [{"operator": "NE", "left_operand": "", "right_operand": "", "assert_message": ""}]}""",
        "v[0].operator", "must be one of GT, GE, LT, LE, EQ")]
    [InlineData("RESOURCE_VALIDATION", """{"v": {}}""", "v", "must be a list, not an object")]
    [InlineData("POD_TEMPLATE", """{"t": []}""", "t", "must be an object, not a list")]
    [InlineData("POD_TEMPLATE", """{"": {}}""", "", "no usable name")]
    [InlineData("GROUP_TEMPLATE", """{"t": {"apiVersion": "v1", "kind": "X", "metadata": {"name": "n", "namespace": "m"}}}""",
        "t.metadata.namespace", "must not be set")]
    [InlineData("BACKEND_TEST", """{"t": {"cron_schedule": "daily", "node_conditions": ["A"], "common_pod_template": ["x"]}}""",
        "t.cron_schedule", "five fields")]
    [InlineData("BACKEND_TEST", """{"t": {"cron_schedule": "0 3 * * *", "node_conditions": [], "common_pod_template": ["x"]}}""",
        "t.node_conditions", "from 1")]
    [InlineData("ROLE", """{"r": {"name": "r", "policies": [{"actions": ["ftp:/x:*"]}]}}""", "r.policies[0].actions[0]",
        "http:PATH:METHOD")]
    [InlineData("ROLE", """{"r": {"name": "other", "policies": []}}""", "r.name", "another name")]
    public void What_is_wrong_is_named_with_what_to_do(string typeName, string json, string field, string advice)
    {
        Assert.True(ConfigTypes.TryParse(typeName, out var type));
        var failure = Assert.Throws<OsmoException>(() => ConfigDocument.Check(type, Parse(json)));
        Assert.Equal(ErrorCode.Invalid, failure.Code);
        var error = Assert.Single(failure.Fields);
        Assert.Equal(field.Length == 0 ? "configs" : field, error.Field);
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_value_is_never_repeated()
    {
        var failure = Assert.Throws<OsmoException>(() => ConfigDocument.Check(
            ConfigType.Workflow,
            Parse(
                """
                {"backend_images": {"credential": {"auth": ["s3cr3t"]}}, "max_exec_timeout": "s3cr3t", "max_num_tasks": "s3cr3t"}
                """)));
        Assert.Equal(3, failure.Fields.Length);
        Assert.DoesNotContain("s3cr3t", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_is_another_name_of_the_registrys_auth()
    {
        var workflow = ConfigDocument.Check(
            ConfigType.Workflow, Parse("""{"backend_images": {"init": "one:1", "credential": {"password": "p"}}}"""));
        Assert.Equal("p", (string?)workflow["backend_images"]!["credential"]!["auth"]);
        Assert.Equal("one:1", (string?)workflow["backend_images"]!["init"]);
    }

    [Fact]
    public void What_the_server_works_out_may_be_sent_back()
    {
        var pools = ConfigDocument.Check(
            ConfigType.Pool, Parse("""{"p": {"backend": "east", "status": "ONLINE", "parsed_pod_template": {}}}"""));
        Assert.False(((JsonObject)pools["p"]!).ContainsKey("status"));
        Assert.Equal("p", (string?)pools["p"]!["name"]);
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
