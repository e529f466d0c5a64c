using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Osmo.Access.Roles;
using Osmo.Configs.Editing;
using Osmo.Configs.Secrets;
using Osmo.Gateway.Configs;
using Osmo.Gateway.Pools;
using Osmo.Gateway.Profiles;
using Osmo.Gateway.Versions;

namespace Osmo.Gateway.Hosting;

/// <summary>Puts the configurations into a gateway.</summary>
public static class ConfigHostingExtensions
{
    /// <summary>
    /// The configurations of all types, and the pools and profiles that go by them. An <c>IConfigStore</c>, an <c>IProfileStore</c>, an
    /// <c>IBackendStore</c> and a <c>SecretsKeyRing</c> have to be there too, and the gateway itself.
    /// The roles of the ROLE configuration are those that callers have.
    /// </summary>
    public static IServiceCollection AddConfigurations(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<ConfigSecrets>()
            .AddSingleton<Configurations>()
            .AddSingleton<BackendRollback>()
            .AddSingleton<BackendTests>()
            .AddSingleton<PoolFleet>()
            .AddSingleton<IRoleSource, StoredRoles>()
            .AddHostedService<ConfigInitialization>();
    }

    /// <summary>Their endpoints.</summary>
    public static WebApplication MapConfigurations(this WebApplication app)
    {
        app.UseMiddleware<ClientVersionCheck>();
        app.MapHistoryRoutes();
        app.MapRevisionRoutes();
        app.MapDocumentRoutes();
        app.MapPoolRoutes();
        app.MapProfileRoutes();
        return app;
    }
}
