using Microsoft.Extensions.Logging;

namespace Osmo.Cluster.Ownership;

/// <summary>Every line about leases, shards and their table. Event ids are in the 6000s.</summary>
internal static partial class OwnershipLog
{
    [LoggerMessage(6001, LogLevel.Information, "Silo {silo} joined the cluster as incarnation {incarnation}")]
    public static partial void Joined(ILogger logger, string silo, long incarnation);

    [LoggerMessage(6002, LogLevel.Warning, "Silo {silo} cannot join the cluster yet: {error}")]
    public static partial void JoinFailed(ILogger logger, string silo, string error);

    [LoggerMessage(6003, LogLevel.Warning, "The lease was not renewed: {error}")]
    public static partial void RenewalFailed(ILogger logger, string error);

    [LoggerMessage(6004, LogLevel.Warning, "The lease could not be renewed in time: this silo refuses calls until it is")]
    public static partial void Fenced(ILogger logger);

    [LoggerMessage(6005, LogLevel.Information, "The lease is renewed again: this silo goes on")]
    public static partial void Unfenced(ILogger logger);

    [LoggerMessage(6006, LogLevel.Warning, "The row of this silo is gone: it was silent for too long. It joins again from the beginning")]
    public static partial void RowGone(ILogger logger);

    [LoggerMessage(6007, LogLevel.Critical, "{error}")]
    public static partial void Superseded(ILogger logger, string error);

    [LoggerMessage(6008, LogLevel.Information, "Took {taken} of {wanted} shards")]
    public static partial void Took(ILogger logger, int taken, int wanted);

    [LoggerMessage(6009, LogLevel.Debug, "Handed {given} of {wanted} shards to incarnation {recipient} in {ms} ms")]
    public static partial void HandedOver(ILogger logger, int given, int wanted, long recipient, long ms);

    [LoggerMessage(6010, LogLevel.Warning, "{shards} shards are lost to another silo, or their owner is not certain")]
    public static partial void Lost(ILogger logger, int shards);

    [LoggerMessage(6011, LogLevel.Error, "Ending the grains of lost shards failed; the store refuses what they write")]
    public static partial void EndFailed(ILogger logger, Exception failure);

    [LoggerMessage(6012, LogLevel.Warning,
        "Grains did not end within {ms} ms; their shards go anyway, and the store refuses what they write")]
    public static partial void EndSlow(ILogger logger, long ms);

    [LoggerMessage(6013, LogLevel.Warning, "The shards could not be balanced: {error}")]
    public static partial void BalanceFailed(ILogger logger, string error);

    [LoggerMessage(6014, LogLevel.Warning,
        "The database's clock and this process's disagree on how much time has passed: nothing is taken over for a while")]
    public static partial void ClockJumped(ILogger logger);

    [LoggerMessage(6015, LogLevel.Information, "This silo hands over its shards and leaves")]
    public static partial void Draining(ILogger logger);

    [LoggerMessage(6016, LogLevel.Information, "This silo has left the cluster")]
    public static partial void Left(ILogger logger);

    [LoggerMessage(6017, LogLevel.Warning, "This silo could not leave in time; what it still owns is free when its lease ends: {error}")]
    public static partial void LeaveFailed(ILogger logger, string error);

    [LoggerMessage(6018, LogLevel.Warning, "The table of shards cannot be read: {error}")]
    public static partial void ReadingFailed(ILogger logger, string error);

    [LoggerMessage(6019, LogLevel.Information, "The table of shards can be read again")]
    public static partial void Reading(ILogger logger);

    [LoggerMessage(6020, LogLevel.Warning, "Not told of moved shards for now, next try in {pauseMs} ms: {error}")]
    public static partial void ListeningFailed(ILogger logger, long pauseMs, string error);

    [LoggerMessage(6021, LogLevel.Error, "The {loop} of the lease met an error that should not occur; it goes on")]
    public static partial void Unexpected(ILogger logger, string loop, Exception failure);

    [LoggerMessage(6022, LogLevel.Warning,
        "Ended {sessions} sessions of the database that held {shards} shards of silos that are dead: what they had under way is undone")]
    public static partial void HoldersEnded(ILogger logger, int sessions, int shards);

    [LoggerMessage(6023, LogLevel.Warning,
        "{sessions} sessions of another role hold some of {shards} shards of silos that are dead, and this role may not end them. End them"
        + " with pg_terminate_backend, and let all processes use one role")]
    public static partial void HoldersDenied(ILogger logger, int sessions, int shards);

    [LoggerMessage(6024, LogLevel.Information, "Handed over {shards} shards in {ms} ms")]
    public static partial void HandedOverAll(ILogger logger, int shards, long ms);
}
