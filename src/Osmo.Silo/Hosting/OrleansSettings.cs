using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Serialization;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Placement;
using Osmo.Grains.Silos;
using Osmo.Silo.Placement;
using Osmo.Silo.Security;

namespace Osmo.Silo.Hosting;

/// <summary>What a member tells Orleans.</summary>
internal static class OrleansSettings
{
    /// <summary>How Orleans' ADO.NET provider names PostgreSQL.</summary>
    private const string Invariant = "Npgsql";

    private const string ServiceId = "osmo";

    /// <summary>
    /// Calls that may wait for one grain; without a limit a grain that hangs would fill the memory. A backend has the batches of its agent
    /// in flight, which are at most eight, and what people ask for.
    /// </summary>
    private const int RequestsPerGrainMax = 10_000;

    /// <summary>After which a caller is told that it will hear nothing; gateways give up before.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A grain that does not end by then is left behind: the store does not answer, and refuses what it may still write.</summary>
    private static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CollectionQuantum = TimeSpan.FromSeconds(10);

    /// <summary>A node is awake only while something happens to it.</summary>
    private static readonly TimeSpan NodeAge = TimeSpan.FromMinutes(1);

    /// <summary>A backend whose agent is connected is called all the time, so only those without one are collected.</summary>
    private static readonly TimeSpan BackendAge = TimeSpan.FromMinutes(10);

    public static void Apply(ISiloBuilder silo, MemberOptions options)
    {
        silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (ServiceId, options.ClusterId));
        silo.Configure<SiloOptions>(own => own.SiloName = options.Name);
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = ResponseTimeout;
            messaging.MaxEnqueuedRequestsHardLimit = RequestsPerGrainMax;
        });
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionQuantum = CollectionQuantum;
            collection.DeactivationTimeout = DeactivationTimeout;
            collection.ClassSpecificCollectionAge[typeof(NodeGrain).FullName!] = NodeAge;
            collection.ClassSpecificCollectionAge[typeof(BackendGrain).FullName!] = BackendAge;
        });
        silo.AddActivityPropagation();
        silo.AddPlacementDirector<BackendPlacementStrategy, BackendPlacementDirector>();
        silo.AddPlacementDirector<WithBackendPlacementStrategy, WithBackendPlacementDirector>();
        silo.AddPlacementDirector<OnSiloPlacementStrategy, OnSiloPlacementDirector>();

        // What the database's driver throws reaches a caller as it is, and not as the complaint that it cannot be sent.
        silo.Services.Configure<ExceptionSerializationOptions>(failures => failures.SupportedNamespacePrefixes.Add("Npgsql"));
        if (!options.HostsBackends)
        {
            silo.Services.PostConfigure<GrainTypeOptions>(types => types.Classes.RemoveWhere(IsOfSilosOnly));
        }

        UseDashboard(silo, options.Dashboard);
        UseEndpoint(silo, options);
        UseMembership(silo, options);
    }

    /// <summary>
    /// Orleans logs every call that failed, where it was made and where it arrived, and every activation. Whoever called is told, tries
    /// again and says so if that does not help: one line for each, too, would bury everything else while the database is away.
    /// </summary>
    public static void Quieten(ILoggingBuilder logging)
    {
        logging.AddFilter("Orleans", LogLevel.Warning);
        logging.AddFilter("Orleans.Grain", LogLevel.Critical);
        logging.AddFilter("Orleans.Messaging", LogLevel.Critical);
        logging.AddFilter("Orleans.ClientGrainContext", LogLevel.Critical);
        logging.AddFilter("Orleans.Runtime.HostedClient", LogLevel.Critical);

        // A machine that is busy is told of by what it does not do in time.
        logging.AddFilter("Orleans.Runtime.Scheduler.WorkItemGroup", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.AsyncTimer", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.CallbackData", LogLevel.Critical);
        logging.AddFilter("Orleans.Runtime.GrainCallCancellationManager", LogLevel.Critical);
        logging.AddFilter("Polly", LogLevel.Critical);

        // That a connection ended; that one cannot be made is said by the other.
        logging.AddFilter("Orleans.Runtime.Messaging.Connection", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Messaging.ConnectionManager", LogLevel.Warning);

        // What it would like to be different in the process, at every start; and what the directory does when members come and go.
        logging.AddFilter("Orleans.Runtime.GrainDirectory", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }

    private static bool IsOfSilosOnly(Type grain) => grain.Assembly == typeof(SiloGrain).Assembly && grain != typeof(SiloGrain);

    /// <summary>Without it the dashboard's own grains, which would not find what they need, must not be placed here.</summary>
    private static void UseDashboard(ISiloBuilder silo, bool isOn)
    {
        if (isOn)
        {
            silo.AddDashboard(dashboard => dashboard.HideTrace = true);
            return;
        }

        silo.Services.PostConfigure<GrainTypeOptions>(
            types => types.Classes.RemoveWhere(grain => grain.Assembly == typeof(DashboardOptions).Assembly));
    }

    /// <summary>Members call each other; nobody comes in as a client.</summary>
    private static void UseEndpoint(ISiloBuilder silo, MemberOptions options)
    {
        var reached = options.Advertised ?? options.Endpoint;
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = reached.Address;
            endpoints.SiloPort = reached.Port;
            endpoints.SiloListeningEndpoint = options.Endpoint;
            endpoints.GatewayPort = 0;
        });
        if (options.Credentials.UsesTls)
        {
            silo.Services.AddSingleton(options.Credentials);
            silo.Services.AddSingleton<MemberTls>();
            silo.Services.AddOptions<SiloConnectionOptions>().Configure<MemberTls>((connections, tls) =>
            {
                connections.ConfigureSiloInboundConnection(connection => connection.UseServerTls(tls.Serving()));
                connections.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(tls.Calling()));
            });
        }
    }

    private static void UseMembership(ISiloBuilder silo, MemberOptions options)
    {
        silo.Configure<ClusterMembershipOptions>(options.Times.Set);
        if (options.IsAlone)
        {
            silo.UseDevelopmentClustering(options.Endpoint);
            return;
        }

        silo.UseAdoNetClustering(database =>
        {
            database.Invariant = Invariant;
            database.ConnectionString = options.ConnectionString;
        });
    }
}
