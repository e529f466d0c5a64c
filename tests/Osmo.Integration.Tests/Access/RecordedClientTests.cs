using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Access;

/// <summary>
/// What OSMO's CLI sent to its own server, sent to ours in development mode: the answers have the same status and every field that the
/// CLI reads, of the same type.
/// </summary>
public sealed partial class RecordedClientTests
{
    // The day of the recording: dates are moved with it, for tokens to end in the future.
    private static readonly DateOnly RecordedOn = new(2026, 11, 21);

    // Where our server means the same by another status of the same class.
    private static readonly Dictionary<int, int[]> SameMeaning = new() { [400] = [400, 404, 422] };

    [Theory]
    [InlineData("cli-token.jsonl", 14)]
    [InlineData("cli-token-login.jsonl", 10)]
    [InlineData("cli-login.jsonl", 4)]
    public async Task The_recorded_requests_are_answered_with_what_the_CLI_reads(string file, int countMin)
    {
        await using var server = await RunningServer.StartAsync();
        if (file == "cli-token-login.jsonl")
        {
            await CreateRecordedTokenAsync(server);
        }

        var texts = new Dictionary<string, string>();
        var replayed = 0;
        foreach (var exchange in Exchanges(file))
        {
            await ReplayAsync(server, exchange, texts);
            replayed++;
        }

        Assert.True(replayed >= countMin, $"only {replayed} requests were replayed");
        Assert.Empty(server.Errors);
    }

    private static IEnumerable<JsonNode> Exchanges(string file) =>
        File.ReadLines(SharedMaterial.PathOf("protocol", "samples", file))
            .Select(line => JsonNode.Parse(line)!)
            .Where(line => (string?)line["kind"] == "http")
            .Where(line => ((string)line["path"]!).StartsWith("/api/auth/", StringComparison.Ordinal)
                || (string?)line["path"] == "/api/version");

    /// <summary>The token of the recording, which was made in another one.</summary>
    private static async Task CreateRecordedTokenAsync(RunningServer server)
    {
        var day = Moved("2027-01-31");
        using var made = await server.Http.PostAsync(
            $"/api/auth/access_token/service/agent-token?expires_at={day}&roles=osmo-backend", null, TestContext.Current.CancellationToken);
        made.EnsureSuccessStatusCode();
        RecordedToken = (await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Trim('"');
    }

    private static string RecordedToken { get; set; } = "";

    private static async Task ReplayAsync(RunningServer server, JsonNode exchange, Dictionary<string, string> texts)
    {
        var query = Moved((string)exchange["query"]!);
        query = RecordedText().Replace(query, _ => RecordedToken)
            .Replace("isaac-backend-role", "osmo-user", StringComparison.Ordinal); // a role that only the recorded server has
        var method = new HttpMethod((string)exchange["method"]!);
        using var request = new HttpRequestMessage(
            method, $"{(string)exchange["path"]!}?{query.Replace(" ", "%20", StringComparison.Ordinal)}");
        foreach (var header in exchange["headers"]!.AsArray())
        {
            var (name, value) = ((string)header![0]!, (string)header[1]!);
            if (name.StartsWith("x-osmo-", StringComparison.OrdinalIgnoreCase))
            {
                request.Headers.TryAddWithoutValidation(name, name == "x-osmo-auth" ? texts["login"] : value);
            }
        }

        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var recorded = (int)exchange["status"]!;
        var what = $"{exchange["method"]} {exchange["path"]}?{query}: {(int)answer.StatusCode} {text}";
        Assert.True(SameMeaning.GetValueOrDefault(recorded, [recorded]).Contains((int)answer.StatusCode), what);
        var expected = JsonNode.Parse((string)exchange["response_body"]!);
        AssertHas(expected, JsonNode.Parse(text), "", what);
        if (expected is JsonObject { } login && login["token"] is not null)
        {
            texts["login"] = (string)JsonNode.Parse(text)!["token"]!;
        }
    }

    private static void AssertHas(JsonNode? expected, JsonNode? found, string at, string what)
    {
        switch (expected)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    // No client reads it here; errors of workflows have it.
                    if (name != "workflow_id")
                    {
                        Assert.True(found is JsonObject has && has.ContainsKey(name), $"{at}.{name} is missing: {what}");
                        AssertHas(value, found![name], $"{at}.{name}", what);
                    }
                }

                break;
            case JsonArray items:
                Assert.True(found is JsonArray, $"{at} is no list: {what}");
                foreach (var item in items.Count > 0 ? found!.AsArray() : [])
                {
                    AssertHas(items[0], item, $"{at}[]", what);
                }

                break;
            default:
                Assert.True(
                    expected?.GetValueKind() == found?.GetValueKind(),
                    $"{at} is {found?.ToJsonString()}, not {expected?.ToJsonString()}: {what}");
                break;
        }
    }

    private static string Moved(string text)
    {
        var days = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).DayNumber - RecordedOn.DayNumber;
        return Date().Replace(text, date => DateOnly.ParseExact(date.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture)
            .AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"\d{4}-\d{2}-\d{2}")]
    private static partial Regex Date();

    [GeneratedRegex("(?<=access_token=)[0-9a-f]{64}")]
    private static partial Regex RecordedText();
}
