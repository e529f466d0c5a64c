using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Osmo.Access.Recognition;
using Osmo.Access.Roles;
using Osmo.Access.Secrets;
using Osmo.Access.Signing;
using Osmo.Gateway.Access;
using Osmo.Gateway.Access.Oidc;
using Osmo.Gateway.Access.Routes;

namespace Osmo.Gateway.Hosting;

/// <summary>Puts access control into a host.</summary>
public static class AccessHostingExtensions
{
    /// <summary>
    /// Tokens, roles and signed log-ins of the store. An <c>IAccessStore</c>, an <c>IUserStore</c>,
    /// an <c>IAuditTrail</c> and a <see cref="SecretsKeyRing"/> have
    /// to be there too; an <see cref="IRoleSource"/> may be, else the preassigned roles are all there are.
    /// </summary>
    public static IServiceCollection AddStoredAccess(this IServiceCollection services, GatewayOptions options)
    {
        services.TryAddSingleton<IRoleSource, FixedRoles>();
        services.AddSingleton<AccessWatch>();
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<LoginTokens>();
        services.AddSingleton<StoredAccess>(provider => new StoredAccess(
            provider.GetRequiredService<AccessWatch>(),
            provider.GetRequiredService<SecretsKeyRing>(),
            provider.GetRequiredService<LoginTokens>(),
            provider.GetService<OidcProvider>()));
        services.AddSingleton<TokenDesk>();
        services.AddSingleton<UserDesk>();
        services.AddSingleton<AuditRetention>();
        services.AddSingleton<AuditQueue>();
        services.AddHostedService<AccessService>();
        if (options.Oidc is { } oidc)
        {
            services.AddSingleton(oidc);
            services.AddSingleton<OidcProvider>();
        }

        return services;
    }

    /// <summary>What the door itself needs, also where there is no store behind it.</summary>
    internal static void AddFrontDoor(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(provider => new FixedTokens(
            provider.GetService<SecretsKeyRing>(),
            (options.AdminToken, "admin", PreassignedRoles.Admin),
            (options.AgentToken, "agent", PreassignedRoles.Backend)));
        services.AddSingleton(provider => new Authenticator(
            provider.GetRequiredService<FixedTokens>(),
            provider.GetService<StoredAccess>(),
            options.Limits,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FailedLogins>();
        services.AddSingleton<OpenConnections>();
        services.AddSingleton<LastUses>();
    }
}
