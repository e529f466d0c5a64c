using Microsoft.Extensions.Logging;

namespace Osmo.Silo;

/// <summary>Every line that a silo logs. Event ids are in the 2000s.</summary>
internal static partial class SiloLog
{
    [LoggerMessage(2001, LogLevel.Error, "Backend {Backend} could not be loaded")]
    public static partial void LoadFailed(ILogger logger, string backend, Exception failure);

    [LoggerMessage(2002, LogLevel.Error,
        "A change of backend {Backend} could not be made durable; its activation ends and its agent connects again")]
    public static partial void CommitFailed(ILogger logger, string backend, Exception failure);

    [LoggerMessage(2003, LogLevel.Critical, "A turn of backend {Backend} failed; its activation ends and its agent connects again")]
    public static partial void TurnFailed(ILogger logger, string backend, Exception failure);

    [LoggerMessage(2004, LogLevel.Warning,
        "The store refused a change of backend {Backend}: another silo owns shard {Shard} since its epoch {Epoch}")]
    public static partial void Fenced(ILogger logger, string backend, int? shard, long? epoch);

    [LoggerMessage(2101, LogLevel.Information, "Agent of backend {Backend} connected: cluster {ClusterUid}, version {AgentVersion}")]
    public static partial void AgentConnected(ILogger logger, string backend, string clusterUid, string agentVersion);

    [LoggerMessage(2102, LogLevel.Warning, "Agent of backend {Backend} was refused ({Reason}): {Explanation}")]
    public static partial void AgentRefused(ILogger logger, string backend, string reason, string explanation);

    [LoggerMessage(2201, LogLevel.Information, "Rehearsed in {ElapsedMs} ms")]
    public static partial void Rehearsed(ILogger logger, long elapsedMs);

    [LoggerMessage(2202, LogLevel.Warning, "The rehearsal failed: the first calls of each backend that this silo takes may be slow")]
    public static partial void RehearsalFailed(ILogger logger, Exception failure);
}
