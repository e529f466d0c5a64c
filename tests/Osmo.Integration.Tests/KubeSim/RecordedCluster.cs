using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>A running simulator with the three nodes of the recordings.</summary>
internal sealed class RecordedCluster : IAsyncDisposable
{
    private RecordedCluster(KubeSimServer server)
    {
        Server = server;
        Http = new HttpClient { BaseAddress = server.BaseUri };
    }

    public KubeSimServer Server { get; }

    public SimulatedCluster Cluster => Server.Cluster;

    public HttpClient Http { get; }

    public static async Task<RecordedCluster> StartAsync(
        Func<KubeSimOptions, KubeSimOptions>? configure = null, string nodes = "list-rv0.json")
    {
        var options = new KubeSimOptions { FutureVersionWait = TimeSpan.FromMilliseconds(20) };
        var server = await KubeSimServer.StartAsync(configure?.Invoke(options) ?? options, TestContext.Current.CancellationToken);
        foreach (var item in RecordedSample.Load(nodes).Json["items"]!.AsArray())
        {
            server.Cluster.AddNode(item!.DeepClone().AsObject());
        }

        return new RecordedCluster(server);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? accept = null, string? token = null) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), accept, token);

    public Task<HttpResponseMessage> PatchAsync(
        string path, string body, string contentType = "application/merge-patch+json", string? token = null) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Patch, path)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body))
            {
                Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) },
            },
        }, null, token);

    /// <summary>All events of a watch that ends by itself.</summary>
    public async Task<IReadOnlyList<JsonObject>> WatchAsync(string query, string? accept = null)
    {
        using var response = await GetAsync("/api/v1/nodes?watch=true&" + query, accept);
        Assert.Equal(200, (int)response.StatusCode);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return [.. body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject())];
    }

    public static async Task<JsonObject> JsonOfAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? accept, string? token)
    {
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }
}
