using System.Net;
using Osmo.Domain.Errors;
using Osmo.Server.Hosting;
using Xunit;

namespace Osmo.Unit.Tests.Server;

public sealed class ClusterEndpointTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1:11111", "127.0.0.1:11111")]
    [InlineData("localhost:5", "127.0.0.1:5")]
    [InlineData("0.0.0.0:11111", "0.0.0.0:11111")]
    [InlineData("[::1]:11111", "[::1]:11111")]
    public async Task Where_to_listen_is_a_host_and_a_port(string text, string endpoint) =>
        Assert.Equal(IPEndPoint.Parse(endpoint), await ClusterEndpoint.ReadListenAsync(text, Cancel));

    [Fact]
    public async Task Port_0_takes_a_free_one() =>
        Assert.NotEqual(0, (await ClusterEndpoint.ReadListenAsync("127.0.0.1:0", Cancel)).Port);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("127.0.0.1:http")]
    [InlineData("http://127.0.0.1:8081")]
    [InlineData(":11111")]
    [InlineData("")]
    public async Task What_is_no_address_to_listen_on_is_refused(string text)
    {
        var refused = await Assert.ThrowsAsync<OsmoException>(() => ClusterEndpoint.ReadListenAsync(text, Cancel));

        Assert.Equal(ErrorCode.Invalid, refused.Code);
        Assert.Contains("--cluster-endpoint", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "10.0.0.7:11111")]
    [InlineData("10.1.1.1:12", "10.1.1.1:12")]
    [InlineData("10.1.1.1", "10.1.1.1:11111")]
    [InlineData("fd00::7", "[fd00::7]:11111")]
    [InlineData("[fd00::7]", "[fd00::7]:11111")]
    [InlineData("[fd00::7]:12", "[fd00::7]:12")]
    public async Task Others_reach_it_where_it_listens_or_where_it_is_said(string? text, string endpoint)
    {
        var listening = IPEndPoint.Parse("10.0.0.7:11111");

        Assert.Equal(IPEndPoint.Parse(endpoint), await ClusterEndpoint.ReadAdvertisedAsync(text, listening, Cancel));
    }

    [Fact]
    public async Task A_process_that_listens_everywhere_has_to_say_where_it_is_reached()
    {
        var everywhere = new IPEndPoint(IPAddress.Any, 11_111);

        var refused = await Assert.ThrowsAsync<OsmoException>(() => ClusterEndpoint.ReadAdvertisedAsync(null, everywhere, Cancel));

        Assert.Contains("--cluster-advertise", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OsmoException>(() => ClusterEndpoint.ReadAdvertisedAsync("0.0.0.0", everywhere, Cancel));
    }
}
