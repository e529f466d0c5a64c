using Microsoft.Extensions.DependencyInjection;
using Osmo.Cluster.Hosting;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Routing;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Server.Hosting;
using Osmo.Server.Status;
using Osmo.Silo.Engine;
using Osmo.Silo.Hosting;
using Osmo.Storage.Hosting;
using Osmo.Storage.Postgres;

namespace Osmo.Server.Cluster;

/// <summary>Puts together a process that is part of a cluster.</summary>
internal sealed class ClusterComposition
{
    private const double RenewalsPerLease = 3;
    private const double MarginsPerLease = 6;
    private const double StatementsPerLease = 3;

    private readonly ClusterSettings _settings;
    private readonly ClusterCredentials _credentials;
    private readonly PostgresOptions _postgres;
    private readonly PostgresDatabase _database;
    private readonly Guid _clusterId;

    private ClusterComposition(
        ClusterSettings settings, ClusterCredentials credentials, PostgresOptions postgres, PostgresDatabase database, Guid clusterId)
    {
        _settings = settings;
        _credentials = credentials;
        _postgres = postgres;
        _database = database;
        _clusterId = clusterId;
    }

    private bool IsSilo => _settings.Roles.HasFlag(ServerRoles.Silo);

    /// <summary>Checks the settings, and opens the database.</summary>
    /// <exception cref="OsmoException">Something cannot be used; the message says what to do.</exception>
    public static async Task<ClusterComposition> OpenAsync(ClusterSettings settings, CancellationToken cancellationToken)
    {
        var credentials = new ClusterCredentials
        {
            KeyFile = settings.KeyFile,
            CertificateFile = settings.CertificateFile,
            PrivateKeyFile = settings.CertificateKeyFile,
            AuthorityFile = settings.AuthorityFile,
            ServerName = settings.SiloCertificateName,
        };
        credentials.Validate();
        if (settings.Roles.HasFlag(ServerRoles.Silo))
        {
            credentials.RequireSafe(ListenUrl.Parse(settings.ClusterUrl, ["http", "https"]));
            credentials.RequireSafe(AdvertisedUrl(settings, listening: null));
        }

        var postgres = new PostgresOptions { ConnectionString = settings.Postgres };
        var database = await PostgresDatabase.OpenAsync(postgres, cancellationToken);
        return new ClusterComposition(
            settings, credentials, postgres, database, await database.ReadClusterIdAsync(cancellationToken));
    }

    /// <summary>Adds the process's services.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="description">What the process is.</param>
    public void AddTo(IServiceCollection services, ServerDescription description)
    {
        services.AddPostgresStore(_database);
        services.AddSingleton<IReadiness, StoreReadiness>();
        services.AddSingleton<IReadiness, RouteReadiness>();
        services.AddSingleton<ISiloDirectory, ClusterSiloDirectory>();
        var lease = LeaseOptions();
        if (IsSilo)
        {
            services.AddSingleton<IReadiness, SiloReadiness>();
            services.AddSiloRehearsal();
            services.AddWireRehearsal(Registration);
            services.AddClusterOwnership(_postgres, lease, Registration);
            services.AddSilo(new SiloIdentity(_settings.Id, description.Version));
            services.AddSingleton(provider => new LocalGrains(
                provider.GetRequiredKeyedService<IGrainEngine>(SiloServiceCollectionExtensions.LocalEngine),
                provider.GetRequiredService<IOwnership>()));
        }
        else
        {
            services.AddClusterRoutes(_postgres, lease);
        }

        services.AddClusterRouting(
            _ => new ClusterMember(_clusterId, _settings.Id, IsSilo ? ClusterRole.Silo : ClusterRole.Gateway),
            _credentials,
            new ClusterRoutingOptions { CallTimeout = TimeSpan.FromSeconds(_settings.CallSeconds) });
    }

    private SiloRegistration Registration(IServiceProvider started)
    {
        var url = AdvertisedUrl(_settings, ListenUrl.Addresses(started)[^1]);
        return new SiloRegistration(_settings.Id, url, started.GetRequiredService<SiloIdentity>().Version, ClusterProtocol.Version);
    }

    /// <summary>Where others reach this silo: as configured, or where it listens.</summary>
    private static Uri AdvertisedUrl(ClusterSettings settings, Uri? listening)
    {
        if (settings.AdvertisedUrl is { } advertised)
        {
            return ListenUrl.Parse(advertised, ["http", "https"]);
        }

        var address = listening ?? ListenUrl.Parse(settings.ClusterUrl, ["http", "https"]);
        return address.Host is "0.0.0.0" or "[::]" or "*" or "+"
            ? throw new OsmoException(
                ErrorCode.Invalid,
                $"Others cannot reach a silo at {address.Host}. "
                + "Say with --cluster-advertise-url where they can, for example at the pod's IP.")
            : address;
    }

    private LeaseOptions LeaseOptions() => new()
    {
        Lease = TimeSpan.FromSeconds(_settings.LeaseSeconds),
        Renewal = TimeSpan.FromSeconds(_settings.LeaseSeconds / RenewalsPerLease),
        FenceMargin = TimeSpan.FromSeconds(_settings.LeaseSeconds / MarginsPerLease),
        StatementLimit = TimeSpan.FromSeconds(_settings.LeaseSeconds / StatementsPerLease),
        DrainLimit = TimeSpan.FromSeconds(_settings.DrainSeconds),
    };
}
