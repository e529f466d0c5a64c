using Osmo.Agent;
using Osmo.Testing;
using Osmo.Testing.Listener;
using Xunit;

namespace Osmo.Integration.Tests.OsmoService;

/// <summary>Logging in to a service that speaks only OSMO's listener protocol.</summary>
public sealed class LoginTests
{
    private const string Exchange = "/api/auth/jwt/access_token";

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_token_is_exchanged_anew_for_every_connection(string method)
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(service: service => service.ExchangeMethod = method, options: WithToken);
        await rig.AgreesAsync("node-0", "node-1", "node-2");
        await Eventually.HoldsAsync(() => rig.Service.Of("init").Count == 5, "all are connected");
        List<ServedRequest> connects =
            [.. rig.Service.Requests.Where(request => request.Path.StartsWith("/api/agent/", StringComparison.Ordinal))];
        Assert.Equal(5, connects.Select(request => request.Header("x-osmo-auth")).Distinct().Count());
        Assert.All(connects, request => Assert.Equal($"Bearer {request.Header("x-osmo-auth")}", request.Header("authorization")));
        Assert.All(connects, request => Assert.Null(request.Header("x-osmo-user")));

        List<ServedRequest> exchanges = [.. rig.Service.Requests.Where(request => request.Path == Exchange && request.Method == method)];
        Assert.Equal(6, exchanges.Count);
        Assert.All(exchanges, request => Assert.Equal(
            method == "GET" ? ("?access_token=secret-token", "") : ("", """{"token":"secret-token"}"""), (request.Query, request.Body)));
        Assert.All(exchanges, request => Assert.Equal("osmo-operator/6.4.0", request.Header("user-agent")));

        // The way that works is remembered.
        Assert.InRange(rig.Service.Requests.Count(request => request.Path == Exchange && request.Method != method), 0, 1);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(400)]
    [InlineData(302)]
    public async Task A_log_in_that_fails_is_tried_again(int status)
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(service: service => service.ExchangeStatus = status, options: WithToken);
        await Eventually.HoldsAsync(
            () => rig.State.LastChannelError?.Contains($"answered {status}", StringComparison.Ordinal) == true, "the failure is known");
        Assert.DoesNotContain("secret-token", rig.State.LastChannelError, StringComparison.Ordinal);
        rig.Service.ExchangeStatus = 200;
        await rig.AgreesAsync("node-0", "node-1", "node-2");
    }

    [Fact]
    public async Task A_service_that_is_away_at_first_and_later_is_waited_for()
    {
        await using ServiceRig rig = await ServiceRig.StartAsync(options: Impatient);
        await rig.Service.StopListeningAsync();
        rig.Cluster.SetCondition("node-0", "Ready", "False");
        await Eventually.HoldsAsync(() => !rig.State.IsConnected && rig.State.LastChannelError is not null, "it is missed");
        await rig.Service.ListenAsync();
        await rig.AgreesAsync("-node-0", "node-1", "node-2");
    }

    private static AgentOptions WithToken(AgentOptions options) =>
        Impatient(options) with { Token = "secret-token", Listener = Impatient(options).Listener with { User = null } };

    /// <summary>The service of these tests says nothing of conditions, and that is not what they are about.</summary>
    private static AgentOptions Impatient(AgentOptions options) =>
        options with { Listener = options.Listener with { ConditionsPatience = TimeSpan.FromMilliseconds(100) } };
}
