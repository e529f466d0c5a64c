using Osmo.Kubernetes;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Kubernetes;

public sealed class KubernetesClientTests
{
    [Fact]
    public async Task The_cluster_says_who_it_is()
    {
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.AnswerAsync(
            200, """{"kind":"Namespace","metadata":{"name":"kube-system","uid":"cluster-uid"}}"""));
        using KubernetesClient client = new(KubernetesConfiguration.ForServer(server.Address));
        Assert.Equal("cluster-uid", await client.GetNamespaceUidAsync("kube-system", TestContext.Current.CancellationToken));
        Assert.Equal("/api/v1/namespaces/kube-system", server.Requests[0].Target);
    }

    [Fact]
    public async Task A_request_says_on_whose_behalf_it_is_made()
    {
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.AnswerAsync(200, Recorded.Text("patch1.json")));
        using KubernetesClient client = new(KubernetesConfiguration.ForServer(server.Address) with
        {
            ImpersonationHeaders = [new("Impersonate-User", "osmo"), new("Impersonate-Group", "readers")],
        });
        await client.GetNodeAsync("node-1", null, TestContext.Current.CancellationToken);
        Assert.Equal("osmo", server.Requests[0].Headers["Impersonate-User"]);
        Assert.Equal("readers", server.Requests[0].Headers["Impersonate-Group"]);
    }

    [Theory]
    [InlineData("<html>hello</html>")]
    [InlineData("[]")]
    [InlineData("""{"metadata":{"uid":7}}""")]
    public async Task Somebody_else_at_the_address_is_recognised(string body)
    {
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.AnswerAsync(200, body));
        using KubernetesClient client = new(KubernetesConfiguration.ForServer(server.Address));
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(
            () => client.GetNamespaceUidAsync("kube-system", TestContext.Current.CancellationToken));
        Assert.Equal(KubernetesFailure.MalformedResponse, e.Failure);
        Assert.Contains("Is this the address of one?", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_rotates_is_read_again_when_it_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory("osmo-token").FullName;
        string file = Path.Combine(folder, "token");
        await File.WriteAllTextAsync(file, "first\n", TestContext.Current.CancellationToken);
        await using ScriptedServer server = new();
        server.OnOther(exchange => exchange.Request.Headers["Authorization"] == "Bearer first"
            ? exchange.AnswerAsync(401, Recorded.Text("unauth401.json"))
            : exchange.AnswerAsync(200, Recorded.Text("patch1.json")));
        TokenFileCredentials credentials = new(file, new Osmo.Testing.ManualTimeProvider());
        using KubernetesClient client = new(
            new KubernetesConfiguration { Server = server.Address, Source = "test", Credentials = credentials });
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(
            () => client.GetNodeAsync("node-1", null, TestContext.Current.CancellationToken));
        Assert.Equal(KubernetesFailure.Unauthorized, e.Failure);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("first", e.Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "second\n", TestContext.Current.CancellationToken);
        Assert.Equal("node-1", (await client.GetNodeAsync("node-1", null, TestContext.Current.CancellationToken)).Name);
        Directory.Delete(folder, recursive: true);
    }
}
