using Microsoft.Extensions.DependencyInjection;

namespace Osmo.Engine.Contract.Rigs;

/// <summary>Puts something between a service and those who ask for it.</summary>
internal static class ServiceReplacement
{
    /// <summary>Makes the service that is there one with a key, which whoever takes its place can ask for.</summary>
    public static void MoveUnder<TService>(this IServiceCollection services, object key)
        where TService : class
    {
        var usual = services.Last(service => service.ServiceType == typeof(TService) && !service.IsKeyedService);
        services.Remove(usual);
        services.AddKeyedSingleton<TService>(key, (provider, _) => (TService)(
            usual.ImplementationInstance
            ?? usual.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, usual.ImplementationType!)));
    }
}
