using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Configs;

/// <summary>Requests that OSMO's own CLI was recorded to make: the answers have every field that it reads.</summary>
public sealed class RecordedCliTests
{
    /// <summary>Where this server answers otherwise than the recorded one on purpose.</summary>
    private static readonly Dictionary<int, HttpStatusCode> Otherwise = new()
    {
        [346] = HttpStatusCode.OK, // The registration guide's name of the default scheduler is taken.
        [350] = HttpStatusCode.UnprocessableEntity, // A field that does not exist is refused by its name.
        [392] = HttpStatusCode.OK, // Slashes are folded, so the comparison is found.
        [397] = HttpStatusCode.OK,
        [398] = HttpStatusCode.OK,
        [432] = HttpStatusCode.UnprocessableEntity, // The administrators' role keeps what it allows.
    };

    private static readonly string[] HistoryFields =
        ["config_type", "name", "revision", "username", "created_at", "description", "tags", "data"];

    /// <summary>What a pool's status is follows from its backend; and signing keys have other ids on every server.</summary>
    private static readonly string[] NotShown = ["status", "keys"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_answer_has_what_the_CLI_reads()
    {
        await using var server = await RunningServer.StartAsync();
        await using var agent = await ScriptedAgent.JoinAsync(server.Url, "isaac");
        Assert.Equal(200, (await server.ConfigureAsync("isaac", """{"node_conditions":{"ignore_node_conditions":["B"]}}""")).Status);
        var count = 0;
        foreach (var recorded in Recorded("show").Concat(Recorded("update")).Concat(Recorded("history")).Concat(Recorded("role")))
        {
            var (status, body) = await SendAsync(server, recorded);
            var where = $"{recorded["seq"]} {recorded["method"]} {recorded["path"]}?{recorded["query"]}: {(int)status} {body}";
            CheckStatus(recorded, status, where);
            Check(recorded, status, JsonSerializer.Deserialize<JsonNode?>(body), where);
            count++;
        }

        Assert.True(count > 60, $"{count} requests");
        Assert.Empty(server.Errors);
    }

    private static IEnumerable<JsonNode> Recorded(string file) =>
        File.ReadLines(SharedMaterial.PathOf("protocol", "samples", $"cli-config-{file}.jsonl"))
            .Select(line => JsonNode.Parse(line)!)
            .Where(line => (string?)line["kind"] == "http");

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(RunningServer server, JsonNode recorded)
    {
        // The recorded moment is long before this server's first revision.
        var query = ((string)recorded["query"]!).Replace("2026-11-21 18:36:51.789657", "2100-01-01 00:00:00.5", StringComparison.Ordinal)
            .Replace(' ', '+');
        var address = $"{server.Url.GetLeftPart(UriPartial.Authority)}{recorded["path"]}{(query.Length > 0 ? "?" : "")}{query}";
        using var request = new HttpRequestMessage(HttpMethod.Parse((string)recorded["method"]!), address);
        request.Headers.Add("x-osmo-user", "admin");
        request.Headers.Add("x-osmo-client-version", "1.0.0");
        if (recorded["body"] is JsonObject body)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var answer = await server.Http.SendAsync(request, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static void CheckStatus(JsonNode recorded, HttpStatusCode status, string where)
    {
        var expected = Otherwise.TryGetValue((int)recorded["seq"]!, out var own) ? own : (HttpStatusCode)(int)recorded["status"]!;
        if (expected == HttpStatusCode.OK)
        {
            Assert.True(status == HttpStatusCode.OK, where);
        }
        else
        {
            // The CLI does the same for every refusal that is the user's fault.
            Assert.True((int)status is >= 400 and < 500, where);
        }
    }

    private static void Check(JsonNode recorded, HttpStatusCode status, JsonNode? body, string where)
    {
        var path = ((string)recorded["path"]!).TrimStart('/');
        if (status != HttpStatusCode.OK)
        {
            Assert.False(string.IsNullOrEmpty((string?)body!["message"]), where);
            Assert.Equal("USER", (string?)body["error_code"]);
            Assert.True(body.AsObject().ContainsKey("workflow_id"), where);
        }
        else if (path == "api/configs/history" && (string?)recorded["method"] == "GET")
        {
            CheckHistory(recorded, body!, where);
        }
        else if (path == "api/configs/diff")
        {
            Assert.NotNull(body!["first_data"]);
            Assert.NotNull(body["second_data"]);
        }
        else if ((string?)recorded["method"] == "PATCH")
        {
            CheckShape(JsonNode.Parse((string)recorded["response_body"]!), body, where);
            Assert.DoesNotContain("secret-key", body!.ToJsonString(), StringComparison.Ordinal);
        }
    }

    private static void CheckHistory(JsonNode recorded, JsonNode body, string where)
    {
        var entries = body["configs"]!.AsArray();
        foreach (var entry in entries)
        {
            Assert.All(HistoryFields, field => Assert.True(entry!.AsObject().ContainsKey(field), $"{field} in {where}"));
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$", (string?)entry!["created_at"]);
            Assert.True(entry["tags"] is null or JsonArray, where);
        }

        if ((int)recorded["status"]! == 200
            && JsonNode.Parse((string)recorded["response_body"]!)!["configs"] is JsonArray { Count: > 0 } theirs
            && ((string)recorded["query"]!).Contains("omit_data=False", StringComparison.Ordinal))
        {
            CheckShape(theirs[0]!["data"], Assert.Single(entries)!["data"], where);
        }
    }

    /// <summary>Every field of the recorded answer is there.</summary>
    private static void CheckShape(JsonNode? theirs, JsonNode? ours, string where)
    {
        if (theirs is JsonObject fields)
        {
            foreach (var (name, value) in fields.Where(field => !NotShown.Contains(field.Key)))
            {
                Assert.True(ours is JsonObject own && own.ContainsKey(name), $"{name} in {where}");
                CheckShape(value, ours![name], where);
            }
        }
        else if (theirs is JsonArray { Count: > 0 } items && items[0] is JsonObject)
        {
            CheckShape(items[0], Assert.IsType<JsonArray>(ours)[0], where);
        }
    }
}
