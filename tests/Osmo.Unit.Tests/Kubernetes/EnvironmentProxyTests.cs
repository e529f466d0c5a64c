using Osmo.Kubernetes;
using Xunit;

namespace Osmo.Unit.Tests.Kubernetes;

public sealed class EnvironmentProxyTests
{
    [Theory]
    [InlineData("https://10.96.0.1", "10.96.0.0/12")]
    [InlineData("https://10.96.0.1", "172.16.0.0/12, 10.100.3.4/12")]
    [InlineData("https://[fd00::5]:6443", "fd00::/8")]
    [InlineData("https://10.96.0.1:6443", "10.96.0.1")]
    [InlineData("https://10.96.0.1:6443", "10.96.0.1:6443")]
    [InlineData("https://api.example.com", "example.com")]
    [InlineData("https://EXAMPLE.com:6443", "example.com:6443")]
    [InlineData("https://api.example.com", ".example.com")]
    [InlineData("https://api.example.com", "*.example.com")]
    [InlineData("https://anything", "other,*")]
    [InlineData("https://localhost:6443", "")]
    [InlineData("https://127.0.0.5", "")]
    public void These_are_reached_directly(string server, string exceptions) => Assert.Null(Proxy(server, exceptions));

    [Theory]
    [InlineData("https://10.112.0.1", "10.96.0.0/12")]
    [InlineData("https://10.96.0.1", "fd00::/8,10.96.0.0/33,nonsense/8")]
    [InlineData("https://10.96.0.1:6443", "10.96.0.1:443")]
    [InlineData("https://example.com", ".example.com")]
    [InlineData("https://badexample.com", "example.com")]
    [InlineData("https://example.com:6443", "example.com:443")]
    [InlineData("https://api.example.com", "")]
    public void These_are_reached_through_the_proxy(string server, string exceptions) =>
        Assert.Equal(new Uri("http://proxy:3128"), Proxy(server, exceptions));

    [Fact]
    public void Schemes_choose_the_variable_and_small_letters_serve_too()
    {
        Dictionary<string, string> variables = new() { ["https_proxy"] = "socks5h://user:pass@p:1", ["HTTP_PROXY"] = "ftp://secret" };
        Assert.Equal(
            new Uri("socks5://user:pass@p:1"), EnvironmentProxy.For(new Uri("https://a"), variables.GetValueOrDefault));
        KubernetesConfigurationException e = Assert.Throws<KubernetesConfigurationException>(
            () => EnvironmentProxy.For(new Uri("http://a"), variables.GetValueOrDefault));
        Assert.Contains("HTTP_PROXY", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wss://osmo.example.com", true)]
    [InlineData("ws://osmo.example.com", false)]
    [InlineData("wss://127.0.0.1:8443", false)]
    public void WebSockets_go_the_way_of_their_scheme(string server, bool isProxied)
    {
        Dictionary<string, string> variables = new() { ["HTTPS_PROXY"] = "http://user:p%40ss@proxy:3128" };
        EnvironmentProxy proxy = new(variables.GetValueOrDefault);
        Assert.Equal(!isProxied, proxy.IsBypassed(new Uri(server)));
        if (isProxied)
        {
            System.Net.NetworkCredential credential = proxy.GetCredential(proxy.GetProxy(new Uri(server))!, "Basic")!;
            Assert.Equal(("user", "p@ss"), (credential.UserName, credential.Password));
            Assert.Null(proxy.GetCredential(new Uri("http://another:3128"), "Basic"));
        }
    }

    private static Uri? Proxy(string server, string exceptions)
    {
        Dictionary<string, string> variables = new() { ["HTTPS_PROXY"] = "proxy:3128", ["NO_PROXY"] = exceptions };
        return EnvironmentProxy.For(new Uri(server), variables.GetValueOrDefault);
    }
}
