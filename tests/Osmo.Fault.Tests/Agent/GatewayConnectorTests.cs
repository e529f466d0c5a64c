using Osmo.Agent;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Agent;

public sealed class GatewayConnectorTests
{
    [Theory]
    [InlineData("7", 7)]
    [InlineData("86400", 300)]
    [InlineData("99999999999", 300)]
    [InlineData("-1", 0)]
    [InlineData("soon", 0)]
    public async Task A_gateway_may_ask_for_patience_up_to_a_limit(string retryAfter, int expectedSeconds)
    {
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.AnswerAsync(503, "busy", "text/plain", $"Retry-After: {retryAfter}"));
        GatewayConnector connector = new(new AgentOptions { Host = server.Address, Namespace = "n" }, TimeProvider.System);
        ChannelException e = await Assert.ThrowsAsync<ChannelException>(
            () => connector.ConnectAsync(TestContext.Current.CancellationToken));
        Assert.Equal(TimeSpan.FromSeconds(expectedSeconds), e.RetryAfter);
        Assert.Contains("503", e.Message, StringComparison.Ordinal);
    }
}
