using System.Net;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>Whose address a request is from, where proxies stand before the gateway.</summary>
public sealed class ForwardedAddressTests
{
    [Theory]
    [InlineData(null, "203.0.113.7", "127.0.0.1")]
    [InlineData("198.51.100.0/24", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.0/8", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.0/8", "6.6.6.6, 203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.0/8,10.0.0.0/8", "6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7")]
    [InlineData("127.0.0.1/32", "2001:db8::7", "2001:db8::7")]
    [InlineData("127.0.0.0/8", "nonsense", "127.0.0.1")]
    public async Task Only_trusted_proxies_are_believed_and_only_as_far_as_they_are(string? trusted, string forwarded, string address)
    {
        await using var scene = await StartAsync(trusted);
        var day = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd");
        var made = await scene.SendAsync(
            "POST", $"/api/auth/access_token/service/t?expires_at={day}", AccessScene.AdminToken, null, ("X-Forwarded-For", forwarded));
        Assert.Equal(HttpStatusCode.OK, made.Status);
        var trail = (await scene.SendAsync("GET", "/api/audit", AccessScene.AdminToken)).Json!["events"]!.AsArray();
        Assert.Equal(address, (string?)trail[0]!["address"]);
    }

    [Fact]
    public async Task Wrong_log_ins_from_one_client_do_not_count_against_another_behind_the_same_proxy()
    {
        await using var scene = await StartAsync("127.0.0.0/8");
        var status = HttpStatusCode.Unauthorized;
        for (var i = 0; i < 100 && status == HttpStatusCode.Unauthorized; i++)
        {
            status = await WrongAsync("203.0.113.7");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Equal(HttpStatusCode.Unauthorized, await WrongAsync("203.0.113.8"));

        async Task<HttpStatusCode> WrongAsync(string address) =>
            (await scene.SendAsync("GET", "/api/backends", "wrong", null, ("X-Forwarded-For", address))).Status;
    }

    private static Task<AccessScene> StartAsync(string? trusted) =>
        AccessScene.StartAsync(options => options.TrustedProxies = [.. trusted?.Split(',').Select(IPNetwork.Parse) ?? []]);
}
