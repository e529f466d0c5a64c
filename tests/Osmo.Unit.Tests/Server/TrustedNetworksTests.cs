using Osmo.Domain.Errors;
using Osmo.Server.Hosting;
using Xunit;

namespace Osmo.Unit.Tests.Server;

public sealed class TrustedNetworksTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.0.0.0/8, 127.0.0.1,", "10.0.0.0/8 127.0.0.1/32")]
    [InlineData("::1,fd00::/8", "::1/128 fd00::/8")]
    public void Networks_and_addresses_are_read(string text, string networks) =>
        Assert.Equal(networks, string.Join(' ', TrustedNetworks.Parse([text])));

    [Theory]
    [InlineData("proxy.example.com")]
    [InlineData("10.0.0.0/33")]
    public void What_is_neither_is_named(string text)
    {
        var failure = Assert.Throws<OsmoException>(() => TrustedNetworks.Parse(["127.0.0.1", text]));
        Assert.Contains($"\"{text}\"", failure.Message, StringComparison.Ordinal);
    }
}
