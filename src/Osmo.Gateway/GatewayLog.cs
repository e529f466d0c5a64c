using Microsoft.Extensions.Logging;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;

namespace Osmo.Gateway;

/// <summary>Every line that a gateway logs. Event ids are in the 1000s.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1001, LogLevel.Error, "Request {Method} {Path} failed, trace {TraceId}")]
    public static partial void RequestFailed(ILogger logger, string method, string path, string traceId, Exception failure);

    [LoggerMessage(1002, LogLevel.Debug, "Call of backend {Backend} is tried again after {Failures} failures: {Reason}")]
    public static partial void CallTriedAgain(ILogger logger, BackendName backend, int failures, string reason);

    [LoggerMessage(1103, LogLevel.Information, "Agent of backend {Backend} connected: cluster {ClusterUid}, version {AgentVersion}")]
    public static partial void AgentConnected(ILogger logger, BackendName backend, string clusterUid, string agentVersion);

    [LoggerMessage(1104, LogLevel.Warning, "Agent of backend {Backend} was refused ({Reason}): {Explanation}")]
    public static partial void AgentRefused(ILogger logger, BackendName backend, AgentRefusal reason, string explanation);

    [LoggerMessage(1105, LogLevel.Information, "Agent of backend {Backend} is joined again, after {Failures} failures in a row: {Reason}")]
    public static partial void AgentJoinsAgain(ILogger logger, BackendName backend, int failures, string reason);

    [LoggerMessage(1106, LogLevel.Error, "The conversation with an agent of backend {Backend} failed")]
    public static partial void AgentFailed(ILogger logger, BackendName backend, Exception failure);

    [LoggerMessage(1107, LogLevel.Debug, "Backend {Backend} could not be told that an agent has left: {Reason}")]
    public static partial void AgentLeft(ILogger logger, BackendName backend, string reason);

    [LoggerMessage(1101, LogLevel.Information, "Agent connection of backend {Backend} ended: {Reason}")]
    public static partial void AgentEnded(ILogger logger, string backend, string reason);

    [LoggerMessage(1102, LogLevel.Debug, "OSMO agent's connection {Channel} of backend {Backend} ended: {Reason}")]
    public static partial void ListenerEnded(ILogger logger, string channel, string backend, string reason);

    [LoggerMessage(1201, LogLevel.Warning, "Cannot read who may come in, and goes on with what is known for a few seconds: {Reason}")]
    public static partial void AccessUnknown(ILogger logger, string reason);

    [LoggerMessage(1202, LogLevel.Warning, "The audit trail is not written at the moment, and waits: {Reason}")]
    public static partial void AuditDelayed(ILogger logger, string reason);

    [LoggerMessage(1203, LogLevel.Error, "Not in the audit trail: {Username} {Action} {Target} from {Address}, request {RequestId}")]
    public static partial void AuditUnwritten(
        ILogger logger, string username, string action, string target, string address, string requestId);

    [LoggerMessage(1204, LogLevel.Warning, "The last uses of {Count} tokens were not written: {Reason}")]
    public static partial void UsesUnwritten(ILogger logger, int count, string reason);

    [LoggerMessage(1206, LogLevel.Warning, "Old events of the audit trail could not be deleted; tried again in an hour: {Reason}")]
    public static partial void AuditUncut(ILogger logger, string reason);

    [LoggerMessage(1205, LogLevel.Warning, "The identity provider {Issuer} cannot be used: {Reason}")]
    public static partial void ProviderUnusable(ILogger logger, string issuer, string reason);
}
