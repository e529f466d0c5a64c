using System.Data.Common;
using Orleans.Runtime;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Calls;

/// <summary>What a call to a grain throws if the grain cannot be reached, or cannot serve, just now.</summary>
internal static class GrainFailures
{
    /// <summary>
    /// Whether another try may succeed. A cancellation is among them if the caller has not cancelled: it comes from Orleans then, for
    /// example because an activation took too long.
    /// </summary>
    public static bool IsTransient(Exception failure) => failure is OsmoException refusal
        ? refusal.Code is ErrorCode.Moved or ErrorCode.Unavailable
        : failure is OperationCanceledException or OrleansException or TimeoutException or IOException or DbException;

    /// <summary>The failure in words for an operator.</summary>
    public static string Tell(Exception failure) => failure switch
    {
        OsmoException => failure.Message,
        TimeoutException or OperationCanceledException => "The silo did not answer in time.",
        SiloUnavailableException => "The silo is gone, or not known to be there yet.",
        _ => $"The silo cannot be reached: {failure.Message}",
    };
}
