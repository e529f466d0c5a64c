using Microsoft.Extensions.Logging;

namespace Osmo.Silo;

/// <summary>Every line that a silo logs. Event ids are in the 2000s.</summary>
internal static partial class SiloLog
{
    [LoggerMessage(2301, LogLevel.Warning, "The new certificate files of the cluster cannot be used, the old ones stay in use: {Problem}")]
    public static partial void CertificateUnusable(ILogger logger, string problem);

    [LoggerMessage(2302, LogLevel.Information, "The certificate for the cluster was renewed; it is valid until {NotAfter}")]
    public static partial void CertificateRenewed(ILogger logger, DateTime notAfter);

    [LoggerMessage(2303, LogLevel.Debug, "Member {Silo} does not say what it carries: {Reason}")]
    public static partial void LoadUnknown(ILogger logger, SiloAddress silo, string reason);

    [LoggerMessage(2304, LogLevel.Debug, "Member {Silo} could not be told at once what this one carries: {Reason}")]
    public static partial void LoadUntold(ILogger logger, SiloAddress silo, string reason);

    [LoggerMessage(2305, LogLevel.Warning, "Events of silo {Silo} were lost, watchers read everything again: {Reason}")]
    public static partial void EventsLost(ILogger logger, SiloAddress silo, string reason);

    [LoggerMessage(2311, LogLevel.Information, "This silo carries more than its share: {Count} backends move to others")]
    public static partial void Spreading(ILogger logger, int count);

    [LoggerMessage(2312, LogLevel.Information, "Handing over {Count} backends, to stop")]
    public static partial void Draining(ILogger logger, int count);

    [LoggerMessage(2313, LogLevel.Information, "No other silo is there to take over {Count} backends; they are loaded when one is")]
    public static partial void NobodyTakesOver(ILogger logger, int count);

    [LoggerMessage(2314, LogLevel.Warning, "Still runs {Count} backends after {LimitMs} ms; they go without being handed over")]
    public static partial void DrainEnded(ILogger logger, int count, long limitMs);

    [LoggerMessage(2315, LogLevel.Warning, "Backend {Backend} could not be moved: {Reason}")]
    public static partial void MoveFailed(ILogger logger, string backend, string reason);

    [LoggerMessage(2321, LogLevel.Warning, "The store, as seen from this silo: {State}")]
    public static partial void StoreChanged(ILogger logger, string state);

    [LoggerMessage(2322, LogLevel.Warning,
        "This silo does not reach the store and another one does: {Count} backends end here, to be loaded there")]
    public static partial void GivingUp(ILogger logger, int count);

    [LoggerMessage(2331, LogLevel.Critical, "This process ends, because Orleans cannot go on in it: {Reason}")]
    public static partial void Ended(ILogger logger, string reason);

    [LoggerMessage(2332, LogLevel.Error, "The loop of {Loop} met an error and goes on")]
    public static partial void Unexpected(ILogger logger, string loop, Exception failure);
}
