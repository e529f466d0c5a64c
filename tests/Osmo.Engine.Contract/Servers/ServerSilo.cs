using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Engine;
using Osmo.Server.Hosting;
using Osmo.Silo.Hosting;
using Osmo.Testing.Network;

namespace Osmo.Engine.Contract.Servers;

/// <summary>
/// A silo of <see cref="ClusterServerRig"/>: a server in this process, with a network around it that a test can take away.
/// </summary>
public sealed class ServerSilo : IEngineSilo, IAsyncDisposable
{
    private readonly TcpProxy _toDatabase;
    private readonly TcpProxy _toSilo;
    private readonly Uri _clusterUrl = ReservedPorts.NextUrl();
    private OsmoServer? _server;

    /// <summary>Prepares a silo, and starts nothing.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="connectionString">Of the cluster's database.</param>
    public ServerSilo(string id, string connectionString)
    {
        Id = id;
        var database = new NpgsqlConnectionStringBuilder(connectionString);
        _toDatabase = TcpProxy.InFrontOf(new Uri($"tcp://127.0.0.1:{database.Port}"));
        _toSilo = TcpProxy.InFrontOf(_clusterUrl);
        database.Port = _toDatabase.Url.Port;
        Settings = new ClusterSettings
        {
            Roles = ServerRoles.Silo,
            Postgres = database.ConnectionString,
            Id = id,
            ClusterUrl = Text(_clusterUrl),
            AdvertisedUrl = Text(_toSilo.Url),
        };
    }

    /// <inheritdoc/>
    public string Id { get; }

    /// <summary>What of its settings is its own.</summary>
    public ClusterSettings Settings { get; }

    /// <summary>What it goes on believing that it owns.</summary>
    public FirmBelief Belief { get; private set; } = new();

    /// <summary>What it is made of.</summary>
    public IServiceProvider Services => (_server ?? throw new InvalidOperationException($"{Id} does not run.")).Services;

    /// <inheritdoc/>
    public IGrainEngine Engine => Services.GetRequiredService<IGrainEngine>();

    /// <summary>The grains that run in it, and no others.</summary>
    public IGrainEngine Local => Services.GetRequiredKeyedService<IGrainEngine>(SiloServiceCollectionExtensions.LocalEngine);

    /// <summary>Starts it; returns when it listens.</summary>
    public async Task StartAsync(OsmoServerOptions options, StoreGate gate)
    {
        Belief = new FirmBelief();
        var replace = options.Replace;
        options.Replace = services =>
        {
            replace?.Invoke(services);
            gate.PutBefore(services);
            Belief.PutBefore(services);
        };
        _server = await OsmoServer.StartAsync(options);
    }

    /// <summary>Stops it in good order.</summary>
    public async Task StopAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync();
        }
    }

    /// <summary>Takes its network away: nobody reaches it, and it reaches no store.</summary>
    public void Isolate()
    {
        foreach (var proxy in (TcpProxy[])[_toDatabase, _toSilo])
        {
            proxy.Refuses = true;
            proxy.Cut();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // One that was isolated stops sooner when it reaches the store again.
        _toDatabase.Refuses = false;
        await StopAsync();
        await _toSilo.DisposeAsync();
        await _toDatabase.DisposeAsync();
    }

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
