using System.Net;
using System.Text.Json.Nodes;
using Osmo.KubeSim;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>Pods and events of one namespace or all, listed and watched.</summary>
public sealed class PodAndEventTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private KubeSimServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await KubeSimServer.StartAsync();
        _http.BaseAddress = _server.BaseUri;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_namespaces_list_holds_its_objects_only_page_by_page()
    {
        foreach (string name in (string[])["a", "b", "c"])
        {
            _server.Cluster.SetPod(new PodJson(name, ns: name == "b" ? "other" : "osmo-wf").Json);
            _server.Cluster.SetEvent(new PodJson(name, ns: name == "b" ? "other" : "osmo-wf").Event("Started", "text"));
        }

        foreach ((string resource, string kind) in ((string, string)[])[("pods", "PodList"), ("events", "EventList")])
        {
            JsonObject first = await GetAsync($"/api/v1/namespaces/osmo-wf/{resource}?limit=1");
            Assert.Equal((kind, "v1"), ((string?)first["kind"], (string?)first["apiVersion"]));
            string token = (string)first["metadata"]!["continue"]!;
            JsonObject second = await GetAsync($"/api/v1/namespaces/osmo-wf/{resource}?limit=1&continue={Uri.EscapeDataString(token)}");
            Assert.Null(second["metadata"]!["continue"]);
            Assert.Equal(["a", "c"], Names(first).Concat(Names(second)).Select(name => name.Split('.')[0]));
            Assert.Equal(3, Names(await GetAsync($"/api/v1/{resource}")).Count);
            Assert.Empty(Names(await GetAsync($"/api/v1/namespaces/nowhere/{resource}")));
        }

        Assert.Equal(["b.Started"], Names(await GetAsync("/api/v1/events?fieldSelector=involvedObject.name%3Db,reason%3DStarted")));
    }

    [Fact]
    public async Task An_event_has_all_that_the_API_server_always_writes()
    {
        _server.Cluster.SetEvent(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "bare", ["namespace"] = "n" } });
        JsonObject entry = (await GetAsync("/api/v1/namespaces/n/events"))["items"]![0]!.AsObject();
        Assert.Equal(
            ["metadata", "involvedObject", "source", "firstTimestamp", "lastTimestamp", "eventTime", "reportingComponent",
                "reportingInstance"],
            entry.Select(member => member.Key));
        Assert.True(Guid.TryParse((string?)entry["metadata"]!["uid"], out _));
    }

    [Fact]
    public async Task A_watch_of_a_namespace_tells_what_happens_there_from_a_version_on()
    {
        PodJson pod = new("a");
        _server.Cluster.SetEvent(pod.Event("Scheduled", "before"));
        string version = (string)(await GetAsync("/api/v1/namespaces/osmo-wf/events"))["metadata"]!["resourceVersion"]!;
        _server.Cluster.SetEvent(new PodJson("b", ns: "other").Event("Pulling", "elsewhere"));
        _server.Cluster.SetEvent(pod.Event("Pulling", "text"));
        _server.Cluster.SetEvent(pod.Event("Pulling", "text", count: 2));
        string path = $"/api/v1/namespaces/osmo-wf/events?watch=true&timeoutSeconds=1&resourceVersion={version}";
        string[] lines = (await _http.GetStringAsync(path, TestContext.Current.CancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["ADDED Event a.Pulling 1", "MODIFIED Event a.Pulling 2"],
            lines.Select(line => JsonNode.Parse(line)!).Select(
                line => $"{line["type"]} {line["object"]!["kind"]} {line["object"]!["metadata"]!["name"]} {line["object"]!["count"]}"));

        _server.Cluster.CompactEvents();
        JsonNode expired = JsonNode.Parse(await _http.GetStringAsync(path, TestContext.Current.CancellationToken))!;
        Assert.Equal(("ERROR", 410), ((string?)expired["type"], (int)expired["object"]!["code"]!));
    }

    [Fact]
    public async Task A_refusal_names_the_namespace()
    {
        _server.Faults.RevokeRights("list events");
        using HttpResponseMessage answer =
            await _http.GetAsync("/api/v1/namespaces/osmo-wf/events", TestContext.Current.CancellationToken);
        JsonNode status = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.EndsWith(
            "cannot list resource \"events\" in API group \"\" in the namespace \"osmo-wf\"",
            (string?)status["message"], StringComparison.Ordinal);
    }

    private static List<string> Names(JsonObject list) =>
        [.. list["items"]!.AsArray().Select(item => (string)item!["metadata"]!["name"]!)];

    private async Task<JsonObject> GetAsync(string path) =>
        JsonNode.Parse(await _http.GetStringAsync(path, TestContext.Current.CancellationToken))!.AsObject();
}
