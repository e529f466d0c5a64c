
namespace Osmo.Silo.Orleans.Routing;

/// <summary>What Orleans throws where a grain cannot be reached just now.</summary>
internal static class OrleansFailures
{
    /// <summary>
    /// Whether another try may succeed. A grain's own failures are answers, and never come as exceptions; a cancellation comes from Orleans
    /// as well, where an activation took too long.
    /// </summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="cancellationToken">With which the caller gives up, which is no failure.</param>
    public static bool IsTransient(Exception failure, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && failure is OperationCanceledException or OrleansException or TimeoutException or IOException or InvalidOperationException;

    /// <summary>The failure in words for an operator.</summary>
    public static string Tell(Exception failure) => failure switch
    {
        TimeoutException or OperationCanceledException => "The silo did not answer in time.",
        SiloUnavailableException => "The silo is gone, or not known to be there yet.",
        _ => $"The silo cannot be reached: {failure.Message}",
    };
}
