using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;

namespace Osmo.Cluster;

/// <summary>Every line that routing between processes logs. Event ids are in the 4100s.</summary>
internal static partial class ClusterLog
{
    private const int WaitsLong = 10;

    /// <summary>That an agent is joined anew, the first time; that it waits, when it has been in vain for some time.</summary>
    public static void AgentTriesAgain(ILogger logger, BackendName backend, string reason, int failures)
    {
        if (failures == 1)
        {
            AgentFollows(logger, backend.Value, reason);
        }
        else if (failures == WaitsLong)
        {
            AgentWaits(logger, backend.Value, reason);
        }
    }

    [LoggerMessage(4101, LogLevel.Warning, "The new certificate files of the cluster cannot be used, the old ones stay in use: {Problem}")]
    public static partial void CertificateUnusable(ILogger logger, string problem);

    [LoggerMessage(4102, LogLevel.Information, "The certificate for the cluster was renewed; it is valid until {NotAfter}")]
    public static partial void CertificateRenewed(ILogger logger, DateTime notAfter);

    [LoggerMessage(4103, LogLevel.Information, "Connected to silo {Silo} at {Address}, protocol version {Version}")]
    public static partial void SiloConnected(ILogger logger, string silo, Uri address, int version);

    [LoggerMessage(4104, LogLevel.Warning, "The connection to silo {Silo} at {Address} ended: {Reason}")]
    public static partial void SiloLost(ILogger logger, string silo, Uri address, string reason);

    [LoggerMessage(4105, LogLevel.Warning, "Silo at {Address} cannot be reached: {Reason}")]
    public static partial void SiloUnreachable(ILogger logger, Uri address, string reason);

    [LoggerMessage(4106, LogLevel.Warning, "A connection from {Remote} for {Path} was refused: {Reason}")]
    public static partial void CallerRefused(ILogger logger, string? remote, string path, string reason);

    [LoggerMessage(4107, LogLevel.Information, "{Role} {Sender} connected for {Path}")]
    public static partial void CallerConnected(ILogger logger, string role, string sender, string path);

    [LoggerMessage(4108, LogLevel.Information, "{Sender} disconnected from {Path}: {Reason}")]
    public static partial void CallerLeft(ILogger logger, string sender, string path, string reason);

    [LoggerMessage(4109, LogLevel.Error, "A call of backend {Backend} met an internal error")]
    public static partial void CallFailed(ILogger logger, string backend, Exception failure);

    [LoggerMessage(4110, LogLevel.Information, "The agent of backend {Backend} follows it to another silo: {Reason}")]
    private static partial void AgentFollows(ILogger logger, string backend, string reason);

    [LoggerMessage(4111, LogLevel.Warning, "The agent of backend {Backend} waits for a silo: {Reason}")]
    private static partial void AgentWaits(ILogger logger, string backend, string reason);

    [LoggerMessage(4112, LogLevel.Warning, "Events of silo {Silo} are not followed any more and will be again: {Reason}")]
    public static partial void EventsLost(ILogger logger, string silo, string reason);

    [LoggerMessage(4113, LogLevel.Warning, "This silo cannot call itself at {Address}, where others are to reach it: {Reason}")]
    public static partial void RehearsalFailed(ILogger logger, Uri address, string reason);
}
