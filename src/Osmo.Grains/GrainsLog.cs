using Microsoft.Extensions.Logging;

namespace Osmo.Grains;

/// <summary>What grains log.</summary>
internal static partial class GrainsLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Backend {Backend} cannot be loaded: {Reason}")]
    public static partial void LoadFailed(ILogger logger, string backend, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Backend {Backend} belongs to another activation by now; this one ends")]
    public static partial void Fenced(ILogger logger, string backend);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Backend {Backend} is loaded again, because a write failed: {Reason}")]
    public static partial void WriteFailed(ILogger logger, string backend, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Backend {Backend} is loaded again, because of an error in this program")]
    public static partial void Failed(ILogger logger, string backend, Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Backend {Backend}: agent {Version} of cluster {Cluster} connected")]
    public static partial void AgentConnected(ILogger logger, string backend, string cluster, string version);
}
