using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Cluster.Wire.Security;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Hosting;

/// <summary>Puts routing between processes into a host.</summary>
public static class ClusterRoutingExtensions
{
    /// <summary>
    /// The engine that reaches every grain of the cluster, as <see cref="IGrainEngine"/>. The host brings an <c>IShardRoutes</c>, and,
    /// where it is a silo, a <see cref="LocalGrains"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="member">Who this process is.</param>
    /// <param name="credentials">How it is known to others; checked here.</param>
    /// <param name="options">Timeouts and bounds.</param>
    /// <exception cref="OsmoException">The credentials cannot be used; the message says what to do.</exception>
    public static IServiceCollection AddClusterRouting(
        this IServiceCollection services,
        Func<IServiceProvider, ClusterMember> member,
        ClusterCredentials credentials,
        ClusterRoutingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        credentials.Validate();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(member);
        services.AddSingleton(credentials);
        services.AddSingleton(options ?? new ClusterRoutingOptions());
        services.TryAddSingleton<ServingTime>();
        services.AddSingleton<ClusterSecurity>();
        services.AddSingleton<SiloSocket>();
        services.AddSingleton<SiloConnections>();
        services.AddSingleton<SiloEndpoint>();
        services.AddSingleton<ClusterGrainEngine>();
        services.Replace(ServiceDescriptor.Singleton<IGrainEngine>(provider => provider.GetRequiredService<ClusterGrainEngine>()));
        return services;
    }

    /// <summary>
    /// Lets a silo call itself when everything has started. To be added before what then asks for backends that other silos run.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="registration">What the silo says of itself; asked when everything has started.</param>
    public static IServiceCollection AddWireRehearsal(
        this IServiceCollection services, Func<IServiceProvider, SiloRegistration> registration) =>
        services.AddHostedService(provider =>
        {
            Func<SiloRegistration> ask = () => registration(provider);
            return ActivatorUtilities.CreateInstance<WireRehearsal>(provider, ask);
        });

    /// <summary>
    /// Serves other processes of the cluster on the listeners of <see cref="UseCluster"/>, and nothing else there. Has to be called before
    /// anything that lets requests in by other rules, for these are let in by their handshake alone.
    /// </summary>
    /// <param name="app">The host; it has to have a <see cref="LocalGrains"/>.</param>
    public static void MapClusterEndpoints(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapWhen(
            context => context.Features.Get<ClusterListener>() is not null,
            branch =>
            {
                branch.UseWebSockets();
                branch.Run(branch.ApplicationServices.GetRequiredService<SiloEndpoint>().AcceptAsync);
            });
    }

    /// <summary>
    /// Makes a listener one for the other processes of the cluster. It asks for the certificates that <see cref="ClusterCredentials"/>
    /// names, where it names any. They are looked at anew for every connection, so that renewed files need no restart.
    /// </summary>
    public static ListenOptions UseCluster(this ListenOptions listen)
    {
        ArgumentNullException.ThrowIfNull(listen);
        var security = listen.ApplicationServices.GetRequiredService<ClusterSecurity>();
        listen.Protocols = HttpProtocols.Http1;
        if (security.Credentials.UsesTls)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(security.ServerOptions()) });
        }

        listen.Use(next => connection =>
        {
            connection.Features.Set(ClusterListener.Instance);
            return next(connection);
        });
        return listen;
    }

    /// <summary>Marks the connections that came in through a listener for the cluster.</summary>
    private sealed class ClusterListener
    {
        public static readonly ClusterListener Instance = new();
    }
}
