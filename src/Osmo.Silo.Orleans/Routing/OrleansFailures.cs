
namespace Osmo.Silo.Orleans.Routing;

/// <summary>What Orleans throws where a grain cannot be reached just now.</summary>
internal static class OrleansFailures
{
    /// <summary>Whether another try may succeed. A grain's own failures are answers, and never come as exceptions.</summary>
    public static bool IsTransient(Exception failure) =>
        failure is OrleansException or TimeoutException or IOException or ObjectDisposedException or InvalidOperationException;

    /// <summary>The failure in words for an operator.</summary>
    public static string Tell(Exception failure) => failure switch
    {
        TimeoutException => "The silo did not answer in time.",
        SiloUnavailableException => "The silo is gone, or not known to be there yet.",
        _ => $"The silo cannot be reached: {failure.Message}",
    };
}
