using Osmo.Agent;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Agent;

public sealed class OptionsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Defaults_are_those_of_the_documentation()
    {
        AgentOptions options = Read("--namespace", "wf");
        Assert.Equal(new Uri("http://127.0.0.1:8000"), options.Host);
        Assert.Equal(("osmo-backend", "wf", 20.0, 30), (options.Backend, options.Namespace, options.ApiQps, options.ApiBurst));
        Assert.Equal("osmo.nvidia.com/", options.NodeConditionPrefix.Value);
        Assert.False(options.EnableNodeLabelUpdate);
        Assert.Null(options.Token);
        Assert.True(options.AllowLabelPatches);
        Assert.False(options.Reflector.UsesWatchList);
        Assert.False(options.Reflector.ChecksConsistency);
    }

    [Fact]
    public void The_pace_of_the_watch_can_be_chosen()
    {
        _environment["OSMO_CHECK_CONSISTENCY"] = "true";
        AgentOptions options = Read("--namespace", "wf", "--watch_list", "--allow-label-patches", "false");
        Assert.True(options.Reflector.UsesWatchList);
        Assert.True(options.Reflector.ChecksConsistency);
        Assert.False(options.AllowLabelPatches);
    }

    [Fact]
    public void Options_of_other_ways_to_log_in_are_taken_and_named_without_their_values()
    {
        OptionValues values = Parse(
            "--namespace", "wf", "--method", "password", "--username", "u", "--password=secret", "--password_file", "secret");
        Assert.Equal(["method", "password", "password-file", "username"], values.Ignored);
    }

    [Fact]
    public void Files_give_options_that_the_command_line_and_the_environment_override()
    {
        string first = WriteFile("namespace: wf\nbackend: first\napi_qps: 7.5\nenable_node_label_update: true\nlog_dir: [a]\nhost:\n");
        string second = WriteFile("backend: second\napi-burst: 3\nusername: u");
        _environment["OSMO_API_BURST"] = "4";
        string[] args = ["--api-qps", "9", "--config", first, "--config", second];
        AgentOptions options = Read(args);
        Assert.Equal(("wf", "second", 9.0, 4), (options.Namespace, options.Backend, options.ApiQps, options.ApiBurst));
        Assert.True(options.EnableNodeLabelUpdate);
        Assert.Equal(new Uri("http://127.0.0.1:8000"), options.Host);
        Assert.Equal(["log-dir", "username"], Parse(args).Ignored);
    }

    [Theory]
    [InlineData("a: [b", "is no YAML")]
    [InlineData("- a", "is no mapping")]
    [InlineData("just a text", "is no mapping")]
    [InlineData("backend: {secret: secret}", "line 1: backend takes one value")]
    [InlineData("nonsense: 1", "is no option")]
    [InlineData("token: secret\ntoken: secret", "is no YAML")]
    [InlineData("namespace: wf\nbackend: Not A Label", "backend in ")]
    [InlineData("a: 1\n---\na: 1", "several YAML documents")]
    [InlineData(null, "cannot be read")]
    public void A_bad_file_is_named(string? content, string expected)
    {
        string path = content is null ? _folder.Of("nothing") : WriteFile(content);
        AgentOptionsException e = Assert.Throws<AgentOptionsException>(() => Read("--config", path));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--node_condition_prefix", "team.osmo.nvidia.com/")]
    [InlineData("--node-condition-prefix", "team.osmo.nvidia.com/")]
    [InlineData("--node_condition_prefix=team.osmo.nvidia.com/", null)]
    public void Names_are_spelled_either_way(string option, string? value)
    {
        string[] args = value is null ? ["--namespace", "wf", option] : ["--namespace", "wf", option, value];
        Assert.Equal("team.osmo.nvidia.com/", Read(args).NodeConditionPrefix.Value);
    }

    [Fact]
    public void An_empty_value_means_the_default()
    {
        AgentOptions options = Read("--namespace", "wf", "--node_condition_prefix", "", "--backend=", "--enable_node_label_update", "");
        Assert.Equal("osmo.nvidia.com/", options.NodeConditionPrefix.Value);
        Assert.Equal("osmo-backend", options.Backend);
        Assert.False(options.EnableNodeLabelUpdate);
    }

    [Fact]
    public void The_environment_wins_over_the_command_line()
    {
        _environment["BACKEND"] = "from-env";
        _environment["OSMO_API_QPS"] = "2.5";
        _environment["OSMO_LOGIN_TOKEN"] = "abc";
        _environment["ENABLE_NODE_LABEL_UPDATE"] = "yes";
        AgentOptions options = Read("--namespace", "wf", "--backend", "b", "--api_qps", "9", "--enable-node-label-update", "false");
        Assert.Equal(("from-env", 2.5, "abc", true), (options.Backend, options.ApiQps, options.Token, options.EnableNodeLabelUpdate));
    }

    [Theory]
    [InlineData("--enable_node_label_update", "true", true)]
    [InlineData("--enable_node_label_update", "off", false)]
    [InlineData("--enable_node_label_update=1", null, true)]
    [InlineData("--enable_node_label_update", null, true)]
    public void A_switch_takes_a_value_or_none(string option, string? value, bool expected)
    {
        string[] args = value is null ? ["--namespace", "wf", option] : [option, value, "--namespace", "wf"];
        Assert.Equal(expected, Read(args).EnableNodeLabelUpdate);
    }

    [Theory]
    [InlineData("--namespace is missing", "--backend", "b")]
    [InlineData("--nonsense is no option", "--namespace", "wf", "--nonsense", "1")]
    [InlineData("is no option", "--namespace", "wf", "stray")]
    [InlineData("--backend is \"Not A Label\"", "--namespace", "wf", "--backend", "Not A Label")]
    [InlineData("--host is no", "--namespace", "wf", "--host", "ftp://x")]
    [InlineData("--host is no", "--namespace", "wf", "--host", "https://user:secret@x")]
    [InlineData("--api-qps is \"0\"", "--namespace", "wf", "--api_qps", "0")]
    [InlineData("--api-burst is \"1.5\"", "--namespace", "wf", "--api-burst", "1.5")]
    [InlineData("--node-condition-prefix is \"x/\"", "--namespace", "wf", "--node_condition_prefix", "x/")]
    [InlineData("--enable-node-label-update is \"maybe\"", "--namespace", "wf", "--enable_node_label_update=maybe")]
    [InlineData("--log-level is", "--namespace", "wf", "--log_level", "loud")]
    [InlineData("--kubeconfig names", "--namespace", "wf", "--kubeconfig", "/nowhere/at/all")]
    [InlineData("--backend needs a value", "--namespace", "wf", "--backend")]
    [InlineData("both given", "--namespace", "wf", "--token", "a", "--token-file", "b")]
    public void A_bad_option_is_named(string expected, params string[] args)
    {
        AgentOptionsException e = Assert.Throws<AgentOptionsException>(() => Read(args));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_never_printed()
    {
        AgentOptions options = Read("--namespace", "wf", "--token", "top-secret");
        Assert.DoesNotContain("top-secret", options.ToString(), StringComparison.Ordinal);
        AgentOptionsException e = Assert.Throws<AgentOptionsException>(() => Read("--namespace", "wf", "--token", "top\nsecret"));
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_option_ends_the_program_with_2()
    {
        StringWriter errors = new();
        int code = await AgentHost.RunAsync(
            ["--backend", "b"], _ => null, TextWriter.Null, errors, _ => throw new InvalidOperationException(), CancellationToken.None);
        Assert.Equal(2, code);
        Assert.Contains("--namespace", errors.ToString(), StringComparison.Ordinal);
    }

    private string WriteFile(string content)
    {
        string path = _folder.Of($"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(path, content);
        return path;
    }

    private OptionValues Parse(params string[] args) => OptionValues.Parse(args, name => _environment.GetValueOrDefault(name));

    private AgentOptions Read(params string[] args) => AgentOptionsReader.Read(Parse(args));
}
