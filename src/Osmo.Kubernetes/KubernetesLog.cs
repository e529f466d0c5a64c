using Microsoft.Extensions.Logging;

namespace Osmo.Kubernetes;

/// <summary>Everything this project logs; event ids in the 4000s.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(4001, LogLevel.Information,
        "Listed nodes: {nodes} at resource version {resourceVersion}, {changed} changed, {deleted} deleted")]
    public static partial void Listed(ILogger logger, int nodes, string resourceVersion, int changed, int deleted);

    [LoggerMessage(4002, LogLevel.Warning, "Cannot follow the nodes, next try in {pauseMs} ms (failure {failures} in a row): {error}")]
    public static partial void Failed(ILogger logger, long pauseMs, int failures, string error);

    [LoggerMessage(4003, LogLevel.Information, "The watch's resource version {resourceVersion} has expired; listing again")]
    public static partial void Expired(ILogger logger, string resourceVersion);

    [LoggerMessage(4004, LogLevel.Warning, "A node cannot be read, and counts as unavailable until it can: {node}")]
    public static partial void Malformed(ILogger logger, MalformedNode node);

    [LoggerMessage(4005, LogLevel.Warning, "A watch line is unusable: {error}; resuming from resource version {resourceVersion}")]
    public static partial void BrokenLine(ILogger logger, string error, string resourceVersion);

    [LoggerMessage(4006, LogLevel.Information, "A watch stayed silent for {silentMs} ms; its connection is taken for dead")]
    public static partial void Silent(ILogger logger, long silentMs);

    [LoggerMessage(4007, LogLevel.Warning,
        "A watch brought neither event nor bookmark in {elapsedMs} ms; listing again to be sure of the version")]
    public static partial void SuspectVersion(ILogger logger, long elapsedMs);

    [LoggerMessage(4008, LogLevel.Error,
        "What is known of {nodes} nodes differs from the server at resource version {resourceVersion}; listing again")]
    public static partial void Inconsistent(ILogger logger, int nodes, string resourceVersion);

    [LoggerMessage(4009, LogLevel.Information, "Following the nodes works again after {failures} failures")]
    public static partial void Recovered(ILogger logger, int failures);

    [LoggerMessage(4010, LogLevel.Debug, "The server warns about a patch of node {node}: {warning}")]
    public static partial void PatchWarning(ILogger logger, string node, string warning);

    [LoggerMessage(4011, LogLevel.Information, "The server gives no streaming list; asking for a plain one: {error}")]
    public static partial void NoStreamingList(ILogger logger, string error);

    [LoggerMessage(4012, LogLevel.Information, "Listed pods: {pods} at resource version {resourceVersion}")]
    public static partial void PodsListed(ILogger logger, int pods, string resourceVersion);

    [LoggerMessage(4013, LogLevel.Warning,
        "Cannot follow the pods, so what nodes use is not reported anew; next try in {pauseMs} ms (failure {failures} in a row): {error}")]
    public static partial void PodsFailed(ILogger logger, long pauseMs, int failures, string error);

    [LoggerMessage(4014, LogLevel.Warning, "A pod cannot be read and is passed over: {error}")]
    public static partial void PodSkipped(ILogger logger, string error);

    [LoggerMessage(4015, LogLevel.Information, "Listed events: {events} at resource version {resourceVersion}")]
    public static partial void EventsListed(ILogger logger, int events, string resourceVersion);

    [LoggerMessage(4016, LogLevel.Warning,
        "Cannot follow the events of namespace {ns}, so none are told; next try in {pauseMs} ms (failure {failures} in a row): {error}")]
    public static partial void EventsFailed(ILogger logger, string ns, long pauseMs, int failures, string error);

    [LoggerMessage(4017, LogLevel.Warning,
        "Events of namespace {ns} may not be read, so none are told; all else goes on. Grant get, list and watch on events there, by a "
        + "Role and a RoleBinding; it is tried again now and then. {error}")]
    public static partial void EventsForbidden(ILogger logger, string ns, string error);

    [LoggerMessage(4019, LogLevel.Warning,
        "The server is at resource version {current}, and was at {known} before: etcd was restored from a backup; listing again")]
    public static partial void WentBack(ILogger logger, string current, string known);

    [LoggerMessage(4018, LogLevel.Debug, "An event cannot be read and is passed over: {error}")]
    public static partial void EventSkipped(ILogger logger, string error);
}
