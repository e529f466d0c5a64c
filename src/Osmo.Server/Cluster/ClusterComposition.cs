using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Server.Hosting;
using Osmo.Server.Status;
using Osmo.Storage.Hosting;
using Osmo.Storage.Postgres;

namespace Osmo.Server.Cluster;

/// <summary>What every process of a cluster has, whatever its engine.</summary>
internal sealed class ClusterComposition
{
    private const double RenewalsPerLease = 3;
    private const double MarginsPerLease = 6;
    private const double StatementsPerLease = 3;

    private ClusterComposition(
        ClusterSettings settings, ClusterCredentials credentials, PostgresOptions postgres, PostgresDatabase database, Guid clusterId)
    {
        Settings = settings;
        Credentials = credentials;
        Postgres = postgres;
        Database = database;
        ClusterId = clusterId;
    }

    /// <summary>The settings.</summary>
    public ClusterSettings Settings { get; }

    /// <summary>How processes know each other.</summary>
    public ClusterCredentials Credentials { get; }

    /// <summary>How to reach the cluster's database.</summary>
    public PostgresOptions Postgres { get; }

    /// <summary>The database, opened.</summary>
    public PostgresDatabase Database { get; }

    /// <summary>The database's identity.</summary>
    public Guid ClusterId { get; }

    /// <summary>Whether the process runs grains.</summary>
    public bool IsSilo => Settings.Roles.HasFlag(ServerRoles.Silo);

    /// <summary>The times of a silo's lease.</summary>
    public LeaseOptions Lease => new()
    {
        Lease = TimeSpan.FromSeconds(Settings.LeaseSeconds),
        Renewal = TimeSpan.FromSeconds(Settings.LeaseSeconds / RenewalsPerLease),
        FenceMargin = TimeSpan.FromSeconds(Settings.LeaseSeconds / MarginsPerLease),
        StatementLimit = TimeSpan.FromSeconds(Settings.LeaseSeconds / StatementsPerLease),
        DrainLimit = TimeSpan.FromSeconds(Settings.DrainSeconds),
    };

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
            if (settings.AdvertisedUrl is { } advertised)
            {
                credentials.RequireSafe(ListenUrl.Parse(advertised, ["http", "https"]));
            }
        }

        var postgres = new PostgresOptions { ConnectionString = settings.Postgres };
        var database = await PostgresDatabase.OpenAsync(postgres, cancellationToken);
        await ClusterEngine.RequireAsync(database, settings.Engine, cancellationToken);
        return new ClusterComposition(
            settings, credentials, postgres, database, await database.ReadClusterIdAsync(cancellationToken));
    }

    /// <summary>Adds the process's services.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="description">What the process is.</param>
    /// <param name="cancellationToken">Ends the look at the database.</param>
    /// <exception cref="OsmoException">The engine cannot be used; the message says what to do.</exception>
    public Task AddToAsync(WebApplicationBuilder builder, ServerDescription description, CancellationToken cancellationToken)
    {
        builder.Services.AddPostgresStore(Database);
        builder.Services.AddSingleton<IReadiness, StoreReadiness>();
        builder.Services.AddSingleton<IReadiness, RouteReadiness>();
        builder.Services.AddSingleton<ISiloDirectory, ClusterSiloDirectory>();
        if (IsSilo)
        {
            builder.Services.AddSingleton<IReadiness, SiloReadiness>();
        }

        return ClusterEngines.AddAsync(this, builder, description, cancellationToken);
    }

    /// <summary>Where others reach this silo: as configured, or where it listens.</summary>
    /// <param name="listening">Where it listens by now; null for what the settings say.</param>
    public Uri AdvertisedUrl(Uri? listening)
    {
        if (Settings.AdvertisedUrl is { } advertised)
        {
            return ListenUrl.Parse(advertised, ["http", "https"]);
        }

        var address = listening ?? ListenUrl.Parse(Settings.ClusterUrl, ["http", "https"]);
        return address.Host is "0.0.0.0" or "[::]" or "*" or "+"
            ? throw new OsmoException(
                ErrorCode.Invalid,
                $"Others cannot reach a silo at {address.Host}. "
                + "Say with --cluster-advertise-url where they can, for example at the pod's IP.")
            : address;
    }
}
