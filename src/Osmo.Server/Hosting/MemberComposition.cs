using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Osmo.Domain.Errors;
using Osmo.Grains.Silos;
using Osmo.Server.Status;
using Osmo.Silo.Hosting;
using Osmo.Silo.Security;
using Osmo.Storage.Hosting;
using Osmo.Storage.Postgres;

namespace Osmo.Server.Hosting;

/// <summary>
/// Composes what every process has behind its front door: a store, and a member of an Orleans cluster, which may be the only one.
/// </summary>
internal sealed class MemberComposition
{
    /// <summary>The name of a process that is its own cluster.</summary>
    private const string AloneName = "local";

    /// <summary>Orleans reads and writes its membership now and then.</summary>
    private const int MembershipConnectionsMax = 4;

    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DatabasePause = TimeSpan.FromSeconds(1);

    private readonly Action<IServiceCollection> _addStore;

    private MemberComposition(ServerDescription description, MemberOptions member, Action<IServiceCollection> addStore)
    {
        Description = description;
        Member = member;
        _addStore = addStore;
    }

    /// <summary>What the process is.</summary>
    public ServerDescription Description { get; }

    /// <summary>The member.</summary>
    public MemberOptions Member { get; }

    /// <summary>How long the process may take to stop.</summary>
    public TimeSpan StopLimit => Member.IsAlone ? StopTime : Member.DrainLimit + StopTime;

    /// <summary>Checks the settings, and opens the database of a cluster.</summary>
    /// <exception cref="OsmoException">Something cannot be used; the message says what to do.</exception>
    public static async Task<MemberComposition> OpenAsync(OsmoServerOptions options, CancellationToken cancellationToken)
    {
        if (options.Cluster is not { } cluster)
        {
            var alone = new ServerDescription(AloneName, ServerRoles.Silo | ServerRoles.Gateway);
            return new MemberComposition(
                alone,
                MemberOptions.Alone(alone.Id, alone.Version) with { Dashboard = options.OrleansDashboard },
                services => services.AddSqliteStore(options.DataFolder));
        }

        var credentials = new ClusterCredentials
        {
            CertificateFile = cluster.CertificateFile,
            PrivateKeyFile = cluster.CertificateKeyFile,
            AuthorityFile = cluster.AuthorityFile,
            Name = cluster.CertificateName,
        };
        credentials.Validate();
        var endpoint = await ClusterEndpoint.ReadListenAsync(cluster.Endpoint, cancellationToken);
        credentials.RequireSafe(endpoint.Address);
        var advertised = await ClusterEndpoint.ReadAdvertisedAsync(cluster.Advertised, endpoint, cancellationToken);
        credentials.RequireSafe(advertised.Address);
        var postgres = new PostgresOptions { ConnectionString = cluster.Postgres };
        var database = await OpenDatabaseAsync(postgres, TimeSpan.FromSeconds(cluster.DatabaseWaitSeconds), cancellationToken);
        var description = new ServerDescription(cluster.Id, cluster.Roles);
        var member = new MemberOptions
        {
            Name = cluster.Id,
            Version = description.Version,
            HostsBackends = cluster.Roles.HasFlag(ServerRoles.Silo),
            ClusterId = (await database.ReadClusterIdAsync(cancellationToken)).ToString("N"),
            Endpoint = endpoint,
            Advertised = advertised,
            ConnectionString = PostgresDatabase.ConnectionString(postgres with { ConnectionsMax = MembershipConnectionsMax }),
            Credentials = credentials,
            Times = new MembershipTimes { Probe = TimeSpan.FromSeconds(cluster.ProbeSeconds) },
            DrainLimit = TimeSpan.FromSeconds(cluster.DrainSeconds),
            Dashboard = options.OrleansDashboard,
        };
        return new MemberComposition(description, member, services => services.AddPostgresStore(database));
    }

    /// <summary>Adds the process's services.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.Configure<HostOptions>(host => host.ShutdownTimeout = StopLimit);
        services.AddSingleton(Description);
        services.AddSingleton<IReadiness, StoreReadiness>();
        _addStore(services);
        services.AddSilo(Member);
    }

    /// <summary>
    /// A database that starts, or that another one takes over for, is worth waiting for: the next start would meet it, too.
    /// </summary>
    private static async Task<PostgresDatabase> OpenDatabaseAsync(
        PostgresOptions postgres, TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        for (var told = false; ; told = true)
        {
            try
            {
                return await PostgresDatabase.OpenAsync(postgres, cancellationToken);
            }
            catch (OsmoException failure) when (failure.Code == ErrorCode.Unavailable && Stopwatch.GetElapsedTime(began) < limit)
            {
                if (!told)
                {
                    // tidy: nothing logs yet
                    await Console.Error.WriteLineAsync($"osmo-server: {failure.Message} Waiting for it, up to {limit.TotalSeconds:0} s.");
                }
            }

            await Task.Delay(DatabasePause, TimeProvider.System, cancellationToken);
        }
    }
}
