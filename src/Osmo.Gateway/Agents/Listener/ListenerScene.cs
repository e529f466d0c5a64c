using Microsoft.Extensions.Logging;
using Orleans;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>What every connection of an OSMO agent shares.</summary>
/// <param name="Grains">The grains.</param>
/// <param name="Metrics">What is measured.</param>
/// <param name="Refusals">Which refusals to log.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where it logs.</param>
internal sealed record ListenerScene(
    IGrainFactory Grains, GatewayMetrics Metrics, RefusalLog Refusals, TimeProvider Time, ILogger Logger);
