using Npgsql;
using Osmo.Testing.Network;
using Osmo.Testing.Postgres;

namespace Osmo.Testing.Cluster;

/// <summary>A whole cluster as people run it: PostgreSQL, silos and gateways, each a process, with the network between them.</summary>
public sealed class ClusterRig : IAsyncDisposable
{
    /// <summary>Names a folder where the log of every process is kept when its cluster ends.</summary>
    public const string LogsVariable = "OSMO_TEST_LOGS";

    /// <summary>A member says so that learns that the others took it for dead.</summary>
    private const string GoodEnd = "This process ends, because Orleans cannot go on in it";

    private readonly List<ClusterProcess> _silos = [];
    private readonly List<ClusterProcess> _gateways = [];

    private ClusterRig(string connectionString, bool links)
    {
        ConnectionString = connectionString;
        Links = links ? new ClusterLinks() : null;
    }

    /// <summary>Of the cluster's database, past every proxy.</summary>
    public string ConnectionString { get; }

    public IReadOnlyList<ClusterProcess> Silos => _silos;

    public IReadOnlyList<ClusterProcess> Gateways => _gateways;

    public IEnumerable<ClusterProcess> Processes => _silos.Concat(_gateways);

    /// <summary>The network, where the test asked for one that it can break.</summary>
    public ClusterLinks? Links { get; }

    /// <summary>The REST API, over all gateways.</summary>
    public ClusterApi Api { get; private set; } = null!;

    /// <summary>Where clients find the gateways.</summary>
    public IReadOnlyList<Uri> GatewayUrls => [.. _gateways.Select(gateway => gateway.Url)];

    /// <summary>Where agents find the gateways: through the proxies where there are any.</summary>
    public IReadOnlyList<Uri> AgentUrls =>
        Links is { } links ? [.. _gateways.Select(gateway => links.ToGateway(gateway.Name).Url)] : GatewayUrls;

    /// <summary>Starts a cluster on a new database and waits until every process is ready.</summary>
    /// <param name="postgres">The database server.</param>
    /// <param name="options">What cluster; null for three silos and two gateways.</param>
    public static async Task<ClusterRig> StartAsync(PostgresServer postgres, ClusterOptions? options = null) =>
        await StartAsync(await postgres.CreateDatabaseAsync(), options);

    /// <summary>Starts a cluster and waits until every process is ready.</summary>
    /// <param name="connectionString">Of its database.</param>
    /// <param name="options">What cluster; null for three silos and two gateways.</param>
    public static async Task<ClusterRig> StartAsync(string connectionString, ClusterOptions? options = null)
    {
        options ??= new ClusterOptions();
        var rig = new ClusterRig(connectionString, options.Links);
        for (var i = 0; i < options.Silos; i++)
        {
            rig._silos.Add(rig.Silo($"silo-{i}", connectionString, options));
        }

        for (var i = 0; i < options.Gateways; i++)
        {
            rig._gateways.Add(rig.Gateway($"gateway-{i}", connectionString, options));
        }

        rig.Api = new ClusterApi(rig.GatewayUrls);
        try
        {
            foreach (var process in rig.Processes)
            {
                process.Use(options.Program);
            }

            await Task.WhenAll(rig.Processes.Select(process => process.StartAsync()));
            await rig.ReadyAsync();
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every process is ready.</summary>
    public Task ReadyAsync() => Task.WhenAll(Processes.Select(process => process.ReadyAsync()));

    /// <summary>Lines of the logs that tell of what must never happen, whatever breaks.</summary>
    public IReadOnlyList<string> Crashes() =>
    [
        .. Processes.SelectMany(process => process.Log.Select(line => (process.Name, line)))
            .Where(entry =>
                (entry.line.Contains("crit: ", StringComparison.Ordinal) && !entry.line.Contains(GoodEnd, StringComparison.Ordinal))
                || entry.line.Contains("Unhandled exception", StringComparison.Ordinal))
            .Select(entry => $"{entry.Name}: {entry.line}"),
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Processes)
        {
            await process.DisposeAsync();
        }

        await KeepLogsAsync();
        Api?.Dispose();
        if (Links is { } links)
        {
            await links.DisposeAsync();
        }
    }

    private async Task KeepLogsAsync()
    {
        if (Environment.GetEnvironmentVariable(LogsVariable) is not { Length: > 0 } root)
        {
            return;
        }

        var name = $"{TimeProvider.System.GetLocalNow():HHmmss}-{Environment.TickCount64}";
        var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        foreach (var process in Processes)
        {
            await File.WriteAllLinesAsync(Path.Combine(folder, $"{process.Name}.log"), process.Log);
        }
    }

    private ClusterProcess Silo(string name, string connectionString, ClusterOptions options)
    {
        var url = ReservedPorts.NextUrl();
        return new ClusterProcess(name, url, ["serve", "--roles", "silo", .. MemberArgs(name, url, connectionString, options)]);
    }

    private ClusterProcess Gateway(string name, string connectionString, ClusterOptions options)
    {
        var url = ReservedPorts.NextUrl();
        Links?.AddGateway(name, url);
        return new ClusterProcess(name, url, ["serve", "--roles", "gateway", .. MemberArgs(name, url, connectionString, options)]);
    }

    /// <summary>Gateways are members as silos are: others call them, too, for example to tell an agent something.</summary>
    private string[] MemberArgs(string name, Uri url, string connectionString, ClusterOptions options)
    {
        var endpoint = ReservedPorts.NextUrl();
        var advertised = Links?.AddMember(name, endpoint) ?? endpoint;
        return
        [
            "--silo-id", name,
            "--postgres", Database(name, connectionString),
            "--url", url.GetLeftPart(UriPartial.Authority),
            "--cluster-endpoint", endpoint.Authority,
            "--cluster-advertise", advertised.Authority,
            .. options.More,
        ];
    }

    /// <summary>The connection string, through a proxy of the process's own where there is a network to break.</summary>
    private string Database(string process, string connectionString)
    {
        if (Links is not { } links)
        {
            return connectionString;
        }

        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        settings.Port = links.AddDatabase(process, new Uri($"tcp://127.0.0.1:{settings.Port}")).Port;
        return settings.ConnectionString;
    }
}
