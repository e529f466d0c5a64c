using Microsoft.Extensions.Logging;

namespace Osmo.Agent;

/// <summary>Everything this project logs; event ids in the 5000s.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(5001, LogLevel.Information, "Osmo agent {version} for backend {backend}, cluster {cluster}, gateway {gateway}")]
    public static partial void Starting(ILogger logger, string version, string backend, string cluster, Uri gateway);

    [LoggerMessage(5002, LogLevel.Information, "The cluster's uid is {clusterUid}")]
    public static partial void ClusterUid(ILogger logger, string clusterUid);

    [LoggerMessage(5003, LogLevel.Warning, "Cannot read the cluster's uid, next try in {pauseMs} ms: {error}")]
    public static partial void ClusterUidFailed(ILogger logger, long pauseMs, string error);

    [LoggerMessage(5004, LogLevel.Information, "Connected to {gateway}")]
    public static partial void Connected(ILogger logger, Uri gateway);

    [LoggerMessage(5005, LogLevel.Information,
        "Welcomed: {windowBatches} batches may be unacknowledged, label updates {labelUpdates}, heartbeat every {heartbeatMs} ms")]
    public static partial void Welcomed(ILogger logger, uint windowBatches, bool labelUpdates, uint heartbeatMs);

    [LoggerMessage(5006, LogLevel.Warning, "{error} Next try in {pauseMs} ms")]
    public static partial void Disconnected(ILogger logger, string error, long pauseMs);

    [LoggerMessage(5007, LogLevel.Error, "The channel ended by an error that should not occur; connecting again")]
    public static partial void Unexpected(ILogger logger, Exception e);

    [LoggerMessage(5008, LogLevel.Information, "Label updates are now switched on: {enabled}")]
    public static partial void LabelPolicy(ILogger logger, bool enabled);

    [LoggerMessage(5009, LogLevel.Debug, "Node {node} carries {label}={value} now")]
    public static partial void LabelApplied(ILogger logger, string node, string label, string value);

    [LoggerMessage(5010, LogLevel.Warning, "Labelling node {node} failed and will be tried again: {error}")]
    public static partial void LabelRetrying(ILogger logger, string node, string error);

    [LoggerMessage(5011, LogLevel.Information, "Labelling node {node} was given up: {error}")]
    public static partial void LabelGivenUp(ILogger logger, string node, string error);

    [LoggerMessage(5012, LogLevel.Warning, "Option --{option} has no effect on this agent")]
    public static partial void OptionWithoutEffect(ILogger logger, string option);

    [LoggerMessage(5014, LogLevel.Warning,
        "The silo wants nodes labelled, but this agent may not patch any: they stay as they are. --allow-label-patches allows it")]
    public static partial void LabelsNotAllowed(ILogger logger);

    [LoggerMessage(5015, LogLevel.Error, "Labelling node {node} ended by an error that should not occur; it will be tried again")]
    public static partial void PatchBroke(ILogger logger, string node, Exception e);

    [LoggerMessage(5016, LogLevel.Information, "The backend moved to another silo: the conversation begins anew on the same connection")]
    public static partial void Restarted(ILogger logger);

    [LoggerMessage(5017, LogLevel.Warning, "The label of node {node} does not stay: {what}")]
    public static partial void LabelUndone(ILogger logger, string node, string what);

    [LoggerMessage(5013, LogLevel.Information, "The agent has stopped")]
    public static partial void Stopped(ILogger logger);
}
