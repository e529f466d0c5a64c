using Osmo.Agent;
using Xunit;

namespace Osmo.Unit.Tests.Agent;

public sealed class OptionsTests
{
    private readonly Dictionary<string, string> _environment = [];

    [Fact]
    public void Defaults_are_those_of_the_documentation()
    {
        AgentOptions options = Read("--namespace", "wf");
        Assert.Equal(new Uri("http://127.0.0.1:8000"), options.Host);
        Assert.Equal(("osmo-backend", "wf", 20.0, 30), (options.Backend, options.Namespace, options.ApiQps, options.ApiBurst));
        Assert.Equal("osmo.nvidia.com/", options.NodeConditionPrefix.Value);
        Assert.False(options.EnableNodeLabelUpdate);
        Assert.Null(options.Token);
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

    private AgentOptions Read(params string[] args) =>
        AgentOptionsReader.Read(OptionValues.Parse(args, name => _environment.GetValueOrDefault(name)));
}
