using Microsoft.Extensions.Logging;

namespace Osmo.Agent;

/// <summary>What is logged where OSMO's listener protocol is spoken; event ids from 5100.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(5101, LogLevel.Information, "Connected to {address}")]
    public static partial void Connected(ILogger logger, Uri address);

    [LoggerMessage(5102, LogLevel.Warning, "A message over {address} is ignored: {problem}")]
    public static partial void Ignored(ILogger logger, Uri address, string problem);

    [LoggerMessage(5103, LogLevel.Debug, "Over {address} came an acknowledgement of a message that nobody waits for")]
    public static partial void UnknownAcknowledgement(ILogger logger, Uri address);

    [LoggerMessage(5104, LogLevel.Information, "The service knows by which conditions to judge nodes: {rules}")]
    public static partial void ConditionsTaken(ILogger logger, string rules);

    [LoggerMessage(5105, LogLevel.Error, "The conditions that the service pushed are refused, the old ones stay: {problem}")]
    public static partial void ConditionsRefused(ILogger logger, string problem);

    [LoggerMessage(5106, LogLevel.Warning, "The backend's own configuration cannot be read, the conditions have to be pushed: {problem}")]
    public static partial void ConfigurationUnread(ILogger logger, string problem);

    [LoggerMessage(5107, LogLevel.Warning,
        "The service has not said by which conditions to judge nodes; until it does, Ready must be True and all others False")]
    public static partial void ConditionsAssumed(ILogger logger);
}
