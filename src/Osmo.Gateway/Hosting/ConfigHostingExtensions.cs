using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Osmo.Access.Roles;
using Osmo.Configs.Editing;
using Osmo.Configs.Secrets;
using Osmo.Gateway.Configs;

namespace Osmo.Gateway.Hosting;

/// <summary>Puts the configurations into a gateway.</summary>
public static class ConfigHostingExtensions
{
    /// <summary>
    /// The configurations of all types. An <c>IConfigStore</c>, an <c>IBackendStore</c> and a <c>SecretsKeyRing</c> have to be there too.
    /// The roles of the ROLE configuration are those that callers have.
    /// </summary>
    public static IServiceCollection AddConfigurations(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<ConfigSecrets>()
            .AddSingleton<Configurations>()
            .AddSingleton<BackendRollback>()
            .AddSingleton<IRoleSource, StoredRoles>()
            .AddHostedService<ConfigInitialization>();
    }

    /// <summary>Their endpoints.</summary>
    public static WebApplication MapConfigurations(this WebApplication app)
    {
        app.MapHistoryRoutes();
        app.MapRevisionRoutes();
        app.MapDocumentRoutes();
        return app;
    }
}
