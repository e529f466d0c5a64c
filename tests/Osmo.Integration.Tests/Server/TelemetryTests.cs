using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>A collector hears of the server, where the environment names one.</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Signal, string Body)> _heard = [];
    private WebApplication? _collector;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _collector = builder.Build();
        _collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _heard.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
            context.Response.ContentType = "application/x-protobuf";
        });
        await _collector.StartAsync();
    }

    public async ValueTask DisposeAsync() => await _collector!.DisposeAsync();

    [Fact]
    public async Task Metrics_and_traces_of_requests_arrive_with_the_name_of_the_server()
    {
        using var folder = new ScratchFolder();
        await using var server = await ServerProcess.StartAsync(
            ["serve", "--url", "http://127.0.0.1:0", "--data", folder.Of("data")],
            environment:
            [
                $"OTEL_EXPORTER_OTLP_ENDPOINT={_collector!.Urls.Single()}",
                "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
                "OTEL_METRIC_EXPORT_INTERVAL=200",
                "OTEL_RESOURCE_ATTRIBUTES=k8s.cluster.name=here",
            ],
            cancellationToken: TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = server.Url };
        using var answer = await http.GetAsync("/readyz", TestContext.Current.CancellationToken);
        await server.StopAsync("TERM");

        foreach (var (signal, content) in new[] { ("/v1/metrics", "http.server.request.duration"), ("/v1/traces", "/readyz") })
        {
            await Eventually.HoldsAsync(
                () => _heard.Any(one =>
                    one.Signal == signal && new[] { content, "osmo-server", "k8s.cluster.name" }.All(one.Body.Contains)),
                $"{signal} tells of {content}",
                () => string.Join('\n', _heard.Select(one => $"{one.Signal}: {one.Body.Length} bytes")));
        }
    }

    [Fact]
    public async Task A_collector_that_is_no_url_is_refused()
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartAsync(
            ["serve", "--url", "http://127.0.0.1:0"], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT=collector"],
            cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT is 'collector', which is no URL", refusal.Message, StringComparison.Ordinal);
    }
}
