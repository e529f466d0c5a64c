using Microsoft.Extensions.Logging;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>What a gateway logs of OSMO agents. Event ids are in the 1300s.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(
        EventId = 1301,
        Message = "OSMO agent of backend {Backend} connected its channel {Channel}: cluster {ClusterUid}, version {AgentVersion}")]
    public static partial void Connected(
        ILogger logger, LogLevel level, string backend, string channel, string clusterUid, string agentVersion);

    [LoggerMessage(1302, LogLevel.Warning,
        "OSMO agent of backend {Backend} was refused on its channel {Channel} ({Reason}): {Explanation}")]
    public static partial void Refused(ILogger logger, string backend, string channel, string reason, string explanation);

    [LoggerMessage(1303, LogLevel.Warning, "A message {Type} of backend {Backend}'s OSMO agent is not usable and was left out: {Problem}")]
    public static partial void MessageUnusable(ILogger logger, string backend, string type, string problem);

    [LoggerMessage(1304, LogLevel.Warning,
        "The OSMO agent of backend {Backend} labels nodes with {LabelKey}, and not with a prefix that ends in osmo.nvidia.com/")]
    public static partial void OddPrefix(ILogger logger, string backend, string labelKey);

    [LoggerMessage(1307, LogLevel.Warning, "The OSMO agent of backend {Backend} is told less than its node_conditions say: {Loss}")]
    public static partial void ConditionsLost(ILogger logger, string backend, string loss);

    [LoggerMessage(EventId = 1305, Message = "Agent of backend {Backend}: {Text}")]
    public static partial void AgentSays(ILogger logger, LogLevel level, string backend, string text);

    [LoggerMessage(1306, LogLevel.Warning, "Another {Lines} lines of backend {Backend}'s OSMO agent were left out in the last minute")]
    public static partial void LinesDropped(ILogger logger, string backend, int lines);
}
