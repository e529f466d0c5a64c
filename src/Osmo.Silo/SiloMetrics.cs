using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Osmo.Grains.Backends;

namespace Osmo.Silo;

/// <summary>What a silo measures: the meter <see cref="MeterName"/>.</summary>
public sealed class SiloMetrics : IHostedService, IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Osmo.Silo";

    private readonly Meter _meter;

    /// <summary>Makes the instruments.</summary>
    public SiloMetrics(IMeterFactory meters, ActiveBackends active)
    {
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge(
            "osmo.silo.backends", () => active.Count().Backends, "{backend}", "Registered backends that are active on this silo");
        _meter.CreateObservableGauge("osmo.silo.nodes", () => active.Count().Nodes, "{node}", "Nodes of the backends on this silo");
        _meter.CreateObservableGauge(
            "osmo.node.disagreements",
            () => active.CountDisagreements()
                .Select(item => new Measurement<int>(item.Nodes, new KeyValuePair<string, object?>("backend", item.Backend))),
            "{node}",
            "Nodes that their agent judged available although what it reports speaks against that");
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
