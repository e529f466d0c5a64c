using Microsoft.Extensions.Logging;

namespace Osmo.Agent;

/// <summary>What is logged of workflows' pods; event ids from 5200.</summary>
internal static partial class WorkflowLog
{
    [LoggerMessage(5201, LogLevel.Warning, "Pod {pod} belongs to a workflow, and its state is not told: {problem}")]
    public static partial void PodUnusable(ILogger logger, string pod, string problem);

    [LoggerMessage(5202, LogLevel.Warning,
        "More than {podsMax} pods have ended that the service could not be told of; the end of pod {pod} is forgotten")]
    public static partial void EndForgotten(ILogger logger, int podsMax, string pod);

    [LoggerMessage(5203, LogLevel.Warning,
        "More than {eventsMax} events wait to be told to the service; the oldest are forgotten until there is room again")]
    public static partial void EventsForgotten(ILogger logger, int eventsMax);

    [LoggerMessage(5204, LogLevel.Debug, "The task of pod {pod} is {status}: {message}")]
    public static partial void Decided(ILogger logger, string pod, string status, string message);
}
