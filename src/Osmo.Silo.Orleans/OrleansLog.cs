using Microsoft.Extensions.Logging;

namespace Osmo.Silo.Orleans;

/// <summary>Every line that the Orleans engine logs. Event ids are in the 4300s.</summary>
internal static partial class OrleansLog
{
    [LoggerMessage(4301, LogLevel.Debug, "Shard {Shard} is active here, with epoch {Epoch}")]
    public static partial void ShardActivated(ILogger logger, int shard, long epoch);

    [LoggerMessage(4302, LogLevel.Debug, "Shard {Shard} is not active here any more (epoch {Epoch}): {Reason}")]
    public static partial void ShardDeactivated(ILogger logger, int shard, long epoch, string reason);

    [LoggerMessage(4303, LogLevel.Warning, "Grains of shard {Shard} did not end in time; what they still write is refused")]
    public static partial void EndedLate(ILogger logger, int shard);

    [LoggerMessage(4304, LogLevel.Warning, "A gateway said nothing of an agent of shard {Shard} for too long: the agent is taken for gone")]
    public static partial void LinkSilent(ILogger logger, int shard);

    [LoggerMessage(4305, LogLevel.Information, "This silo is {Incarnation} in the database, and {Address} in Orleans")]
    public static partial void Joined(ILogger logger, long incarnation, Uri address);

    [LoggerMessage(4306, LogLevel.Warning, "The silo's row in the database could not be renewed: {Reason}")]
    public static partial void RenewalFailed(ILogger logger, string reason);

    [LoggerMessage(4307, LogLevel.Information, "{Count} shards go to silo {Recipient}")]
    public static partial void Moving(ILogger logger, int count, string recipient);

    [LoggerMessage(4308, LogLevel.Warning, "{Count} shards could not be placed now. Of one: {Reason}")]
    public static partial void PlacingFailed(ILogger logger, int count, string reason);

    [LoggerMessage(4309, LogLevel.Warning, "Still owns {Count} shards after {ElapsedMs} ms; they go without being handed over")]
    public static partial void DrainEnded(ILogger logger, int count, long elapsedMs);

    [LoggerMessage(4310, LogLevel.Warning, "No silo of the Orleans cluster can be reached yet: {Reason}")]
    public static partial void NotConnected(ILogger logger, string reason);

    [LoggerMessage(4311, LogLevel.Information, "Connected to the Orleans cluster")]
    public static partial void Connected(ILogger logger);

    [LoggerMessage(4312, LogLevel.Warning, "The database was out of reach for a lease: {Count} shards end here, for others to take")]
    public static partial void GaveUp(ILogger logger, int count);

    [LoggerMessage(4313, LogLevel.Error, "The loop of {Loop} met an error and goes on")]
    public static partial void Unexpected(ILogger logger, string loop, Exception failure);

    [LoggerMessage(4314, LogLevel.Warning, "The silo's row could not be made, or deleted: {Reason}")]
    public static partial void RowFailed(ILogger logger, string reason);

    [LoggerMessage(4315, LogLevel.Warning, "Rows of silos that died long ago could not be deleted: {Reason}")]
    public static partial void ForgettingFailed(ILogger logger, string reason);
}
