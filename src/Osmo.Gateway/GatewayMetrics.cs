using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Osmo.Gateway;

/// <summary>What a gateway measures: the meter <see cref="MeterName"/>.</summary>
public sealed class GatewayMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Osmo.Gateway";

    private const int AgentMetricsMax = 100;
    private const int NameCharsMax = 100;

    private static readonly HashSet<string> Types =
    [
        "init", "logging", "heartbeat", "resource", "resource_usage", "delete_resource", "node_hash", "update_pod", "monitor_pod",
        "pod_conditions", "pod_event", "pod_log", "task_list", "container_node", "job_status", "metrics", "ack",
    ];

    private readonly Meter _meter;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _unusable;
    private readonly ConcurrentDictionary<string, Histogram<double>> _agentMetrics = new(StringComparer.Ordinal);

    /// <summary>Makes the instruments.</summary>
    public GatewayMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _messages = _meter.CreateCounter<long>("osmo.listener.messages", "{message}", "Messages of OSMO agents by type");
        _unusable = _meter.CreateCounter<long>(
            "osmo.listener.messages.unusable", "{message}", "Messages of OSMO agents that broke the protocol");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void MessageReceived(string type) =>
        _messages.Add(1, new KeyValuePair<string, object?>("type", Types.Contains(type) ? type : "other"));

    internal void MessageUnusable() => _unusable.Add(1);

    /// <summary>
    /// Takes a measurement that an OSMO agent sends (<c>metrics</c>). At most <see cref="AgentMetricsMax"/> names are known; measurements
    /// of further ones, and of ones that are no name, are dropped.
    /// </summary>
    internal void TakeAgentMetric(string backend, JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object
            || !body.TryGetProperty("name"u8, out var name) || name.ValueKind != JsonValueKind.String
            || !body.TryGetProperty("value"u8, out var value) || !value.TryGetDouble(out var measured))
        {
            return;
        }

        var text = name.GetRawText().Trim('"');
        if (text.Length is 0 or > NameCharsMax || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
        {
            return;
        }

        if (_agentMetrics.TryGetValue(text, out var known) || _agentMetrics.Count < AgentMetricsMax)
        {
            known ??= _agentMetrics.GetOrAdd(text, made => _meter.CreateHistogram<double>(made));
            known.Record(measured, new KeyValuePair<string, object?>("backend", backend));
        }
    }
}
