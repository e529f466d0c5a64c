using System.Diagnostics;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Osmo.Server.Hosting;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Cluster;

/// <summary>
/// One request is one trace: from the gateway over the grain, which another member runs, to the statements for the database.
/// </summary>
public sealed class TraceTests(SharedPostgres postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "api/backends/traced", null)]
    [InlineData("PATCH", "api/configs/backend/traced", """{"description":"changed"}""")]
    public async Task A_request_to_a_gateway_is_one_trace_down_to_the_database_of_the_silo(string method, string path, string? body)
    {
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await using var silo = await TestMember.StartAsync(database, "silo", ServerRoles.Silo);
        await using var gateway = await TestMember.StartAsync(database, "gateway", ServerRoles.Gateway);
        await using var agent = await ScriptedAgent.JoinAsync(gateway.Url, "traced");
        var spans = new List<Activity>();
        using var exporter = Sdk.CreateTracerProviderBuilder()
            .AddSource("Osmo.*", "Microsoft.AspNetCore", "Microsoft.Orleans.Application", "Npgsql")
            .AddInMemoryExporter(spans)
            .Build();

        var trace = ActivityTraceId.CreateRandom();
        using var http = new HttpClient { BaseAddress = gateway.Url };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/merge-patch+json");
        using var answer = await http.SendAsync(request, Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));

        List<Activity> Seen()
        {
            lock (spans)
            {
                return spans.FindAll(span => span.TraceId == trace);
            }
        }

        string[] wanted =
        [
            "Microsoft.AspNetCore Server", "Microsoft.Orleans.Application Client", "Microsoft.Orleans.Application Server",
            "Npgsql Client", "Osmo.Storage Internal",
        ];
        await Eventually.AgreesAsync(
            () => Task.FromResult(
                wanted.Except(Seen().Select(span => $"{span.Source.Name} {span.Kind}")).ToArray() is { Length: > 0 } missing
                    ? string.Join(", ", missing)
                    : null),
            "every part of the way has a span in the trace");

        // Each span is below another one of the trace, up to that of the request.
        var all = Seen();
        var root = Assert.Single(all, span => span.Source.Name == "Microsoft.AspNetCore");
        var ids = all.Select(span => span.SpanId).ToHashSet();
        Assert.All(all.Where(span => span != root), span => Assert.Contains(span.ParentSpanId, ids));
    }
}
