using System.Net;
using Osmo.Integration.Tests.Access;
using Osmo.Testing;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Integration.Tests.Listener;

/// <summary>Agents with tokens: their log-in, and the role that says as which backend they may speak.</summary>
public sealed class ListenerAccessTests : IAsyncLifetime
{
    // As the guides' CLI writes it for one backend.
    private const string OneBackend = """
        {"configs": {"name": "east-only", "description": "Generated Role for backend east", "immutable": false, "policies": [{"actions": [
        {"base": "http", "path": "/api/agent/listener/*/*/east", "method": "*"},
        {"base": "http", "path": "/api/agent/worker/*/*/east", "method": "*"},
        {"base": "http", "path": "/api/configs/backend*", "method": "Get"},
        {"base": "http", "path": "/api/profile/*", "method": "*"}]}]}, "description": "role for east"}
        """;

    private AccessScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await AccessScene.StartAsync();

    public async ValueTask DisposeAsync() => await _scene.DisposeAsync();

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("6.4.0")]
    public async Task An_agent_logs_in_with_its_token_once_for_each_connection(string version)
    {
        var token = await _scene.CreateTokenAsync("agent-token", "osmo-backend");
        await using var agent = await PythonAgent.JoinAsync(Options(token, version), PythonNode.Ready("node-1"));

        // One for its configuration, one for each of five sockets.
        Assert.Equal(6, agent.Logins);
        Assert.Equal(404, agent.ConfigStatus);
        agent.Cut();
        await Eventually.HoldsAsync(() => agent.Channels.All(channel => channel.Connections == 2), "it is back", () => agent);
        Assert.Equal(11, agent.Logins);
        await agent.SettlesAsync();
        Assert.Empty(agent.Violations);
        Assert.Null(agent.Died);
    }

    [Fact]
    public async Task A_token_that_ended_is_refused_at_the_log_in()
    {
        var token = await _scene.PlantExpiredTokenAsync("old", "osmo-backend");
        await using var agent = await PythonAgent.StartAsync(Options(token, "1.0.0"));
        Assert.StartsWith("Unable to refresh login token", agent.Died, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("control")]
    [InlineData("pod")]
    [InlineData("node")]
    [InlineData("event")]
    [InlineData("heartbeat")]
    [InlineData("message")]
    [InlineData("worker")]
    public async Task Whoever_may_not_speak_as_a_backend_is_refused_at_the_handshake(string channel)
    {
        var path = ListenerSocket.PathOf(channel, "east");
        var reader = await _scene.LogInAsync(await _scene.CreateTokenAsync("reader", "osmo-user"));
        Assert.Equal(403, await ListenerSocket.HandshakeAsync(_scene.Server.Url, path, ("x-osmo-auth", reader)));
        Assert.Equal(401, await ListenerSocket.HandshakeAsync(_scene.Server.Url, path, ("x-osmo-auth", "no.log.in")));
        Assert.Equal(401, await ListenerSocket.HandshakeAsync(_scene.Server.Url, path, ("x-osmo-user", "admin")));

        var backend = await _scene.LogInAsync(await _scene.CreateTokenAsync("backend", "osmo-backend"));
        Assert.Equal(101, await ListenerSocket.HandshakeAsync(_scene.Server.Url, path, ("x-osmo-auth", backend)));
    }

    [Fact]
    public async Task A_role_for_one_backend_lets_its_agent_in_and_no_other()
    {
        var made = await _scene.SendAsync("PUT", "/api/configs/role/east-only", AccessScene.AdminToken, OneBackend);
        Assert.True(made.Status == HttpStatusCode.OK, made.Text);
        var token = await _scene.CreateTokenAsync("east", "east-only");
        await using var east = await PythonAgent.JoinAsync(Options(token, "1.0.0"), PythonNode.Ready("node-1"));
        Assert.Empty(east.Violations);

        var login = await _scene.LogInAsync(token);
        foreach (var channel in new[] { "control", "pod", "node", "event", "heartbeat" })
        {
            Assert.Equal(403, await StatusAsync(channel, "west", login));
            Assert.Equal(403, await StatusAsync(channel, "east2", login));
        }
    }

    [Fact]
    public async Task A_socket_outlives_its_log_in_and_ends_with_its_token()
    {
        var token = await _scene.CreateTokenAsync("agent-token", "osmo-backend");
        await using var agent = await PythonAgent.JoinAsync(Options(token, "1.0.0"), PythonNode.Ready("node-1"));
        Assert.Equal(HttpStatusCode.OK, (await _scene.DeleteTokenAsync("agent-token")).Status);
        await Eventually.HoldsAsync(() => agent.Died is not null, "the agent's next log-in fails", () => agent);
    }

    private Task<int> StatusAsync(string channel, string backend, string login) =>
        ListenerSocket.HandshakeAsync(_scene.Server.Url, ListenerSocket.PathOf(channel, backend), ("x-osmo-auth", login));

    private PythonAgentOptions Options(string token, string version) =>
        new() { Host = _scene.Server.Url, Backend = "east", Token = token, Version = version };
}
