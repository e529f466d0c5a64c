using Microsoft.Extensions.Logging;

namespace Osmo.Gateway;

/// <summary>Every line that a gateway logs. Event ids are in the 1000s.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1001, LogLevel.Error, "Request {Method} {Path} failed, trace {TraceId}")]
    public static partial void RequestFailed(ILogger logger, string method, string path, string traceId, Exception failure);

    [LoggerMessage(1101, LogLevel.Information, "Agent connection of backend {Backend} ended: {Reason}")]
    public static partial void AgentEnded(ILogger logger, string backend, string reason);
}
