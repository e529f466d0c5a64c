using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Osmo.Domain.Errors;

namespace Osmo.Server.Hosting;

/// <summary>
/// Sends traces and metrics to a collector over OTLP, where the environment names one: by OpenTelemetry's own variables
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and the others), of which the SDK reads all.
/// </summary>
internal static class Telemetry
{
    private const string Service = "osmo-server";

    /// <summary>What the parts of a process call their sources.</summary>
    private static readonly string[] Sources =
    [
        "Osmo.*", "Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime",
    ];

    private static readonly string[] Meters =
    [
        "Osmo.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql",
        "Microsoft.Orleans",
    ];

    private static readonly string[] Endpoints =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Adds it where the environment names a collector: without one nothing is measured that nobody would see.</summary>
    /// <exception cref="OsmoException">What it names is no URL.</exception>
    public static void AddTo(IServiceCollection services, ServerDescription server)
    {
        var named = Endpoints.Select(name => (Name: name, Url: Environment.GetEnvironmentVariable(name)))
            .Where(one => one.Url is { Length: > 0 })
            .ToArray();
        foreach (var (name, url) in named)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var read) || read.Scheme is not ("http" or "https"))
            {
                throw new OsmoException(
                    ErrorCode.Invalid, $"{name} is '{url}', which is no URL. Give it one such as http://localhost:4317, or unset it.");
            }
        }

        if (named.Length > 0)
        {
            // Without it the spans of requests have no attributes: ASP.NET Core leaves these to instrumentation packages.
            AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);

            // Read last, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.
            services.AddOpenTelemetry()
                .ConfigureResource(resource => resource
                    .AddService(Service, serviceVersion: server.Version, serviceInstanceId: server.Id)
                    .AddEnvironmentVariableDetector())
                .WithTracing(traces => traces.AddSource(Sources).AddOtlpExporter())
                .WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter());
        }
    }
}
