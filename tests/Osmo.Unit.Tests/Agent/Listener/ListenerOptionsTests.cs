using Osmo.Agent;
using Osmo.Domain.Backends;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Listener;

/// <summary>Options that mean something only where OSMO's listener protocol is spoken.</summary>
public sealed class ListenerOptionsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Our_own_channel_is_the_default_and_the_others_options_mean_nothing_to_it()
    {
        string[] args = ["--namespace", "wf", "--max_unacked_messages", "7", "--method", "nonsense", "--include-namespace-usage", "a"];
        AgentOptions options = Read(args);
        Assert.Equal((AgentProtocol.Channel, 100), (options.Protocol, options.Listener.MaxUnackedMessages));
        Assert.Equal(["include-namespace-usage", "max-unacked-messages", "method"], Parse(args).Ignored);
        Assert.Equal(AgentProtocol.Channel, Read("--namespace", "wf", "--protocol", "channel").Protocol);
    }

    [Fact]
    public void An_existing_deployments_options_and_environment_are_taken()
    {
        _environment["OSMO_PROTOCOL"] = "osmo";
        _environment["MAX_UNACKED_MESSAGES"] = "0";
        _environment["REFRESH_RESOURCE_STATE_INTERVAL"] = "60";
        _environment["LIST_PODS_PAGE_SIZE"] = "200";
        string[] args =
        [
            "--namespace", "wf", "--login_method", "token", "--token", "t", "--include_namespace_usage", "osmo-staging, osmo-prod,",
            "--pod_event_cache_ttl", "15",
        ];
        AgentOptions options = Read(args);
        Assert.Equal(AgentProtocol.Listener, options.Protocol);
        ListenerOptions listener = options.Listener;
        Assert.Equal((0, TimeSpan.FromSeconds(60)), (listener.MaxUnackedMessages, listener.RefreshInterval));
        Assert.Equal((200, null), (listener.ListPodsPageItems, listener.User));
        Assert.Equal(["osmo-staging", "osmo-prod"], listener.IncludeNamespaceUsage);
        Assert.Equal(["pod-event-cache-ttl"], Parse(args).Ignored);
    }

    [Fact]
    public void A_list_in_a_file_is_a_list()
    {
        string path = _folder.Of("options.yaml");
        File.WriteAllText(path, "namespace: wf\nprotocol: osmo\nmethod: dev\nusername: agent\ninclude_namespace_usage: [a, b]\n");
        AgentOptions options = Read("--config", path);
        Assert.Equal(["a", "b"], options.Listener.IncludeNamespaceUsage);
        Assert.Equal("agent", options.Listener.User);
    }

    [Theory]
    [InlineData("--protocol is \"grpc\"", "--protocol", "grpc")]
    [InlineData("--method is \"password\"", "--protocol", "osmo", "--method", "password")]
    [InlineData("--method dev needs --username", "--protocol", "osmo", "--method", "dev")]
    [InlineData("cannot stand in a header", "--protocol", "osmo", "--method", "dev", "--username", "a b")]
    [InlineData("--login-method is \"password\"", "--protocol", "osmo", "--login-method", "password")]
    [InlineData("needs the token", "--protocol", "osmo", "--login-method", "token")]
    [InlineData("write a whole number from 0", "--protocol", "osmo", "--max-unacked-messages", "-1")]
    [InlineData("write a whole number from 1", "--protocol", "osmo", "--refresh-resource-state-interval", "0")]
    public void What_cannot_be_used_is_named(string expected, params string[] args)
    {
        AgentOptionsException e = Assert.Throws<AgentOptionsException>(() => Read(["--namespace", "wf", .. args]));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private AgentOptions Read(params string[] args) => AgentOptionsReader.Read(Parse(args));

    private OptionValues Parse(params string[] args) => OptionValues.Parse(args, _environment.GetValueOrDefault);
}
