using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Osmo.Configs.Storage;
using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Server.Hosting;
using Osmo.Testing;

namespace Osmo.Engine.Contract.Servers;

/// <summary>
/// An engine of many processes on PostgreSQL: silos and a gateway, each a server composed as people run it, in this process and with real
/// connections between them. What differs between engines is virtual.
/// </summary>
public class ClusterServerRig : IClusterRig
{
    private const string Swap = """
        WITH own AS (SELECT number, owner FROM shard WHERE number = $1),
        other AS (
          SELECT shard.number, shard.owner FROM own, shard JOIN silo ON silo.incarnation = shard.owner
          WHERE shard.owner <> own.owner AND silo.expires_at > clock_timestamp() AND NOT silo.draining ORDER BY random() LIMIT 1)
        UPDATE shard SET epoch = shard.epoch + 1, owner = CASE WHEN shard.number = own.number THEN other.owner ELSE own.owner END
        FROM own, other WHERE shard.number IN (own.number, other.number)
        """;

    private readonly string _connectionString;
    private readonly List<ServerSilo> _silos = [];
    private readonly List<ServerSilo> _ended = [];
    private OsmoServer? _gateway;
    private int _started;

    /// <summary>A cluster of which nothing runs yet: see <see cref="OpenAsync"/>.</summary>
    /// <param name="connectionString">Of its database.</param>
    /// <param name="options">How it is to be started.</param>
    public ClusterServerRig(string connectionString, RigOptions options)
    {
        _connectionString = connectionString;
        Options = options;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IEngineSilo> Silos => _silos;

    /// <inheritdoc/>
    public IGrainEngine Caller => Gateway.Services.GetRequiredService<IGrainEngine>();

    /// <inheritdoc/>
    public Uri Door => Gateway.Url;

    /// <inheritdoc/>
    public StoreGate Gate { get; } = new();

    /// <inheritdoc/>
    public IBackendStore Stored => Gateway.Services.GetRequiredService<IBackendStore>();

    /// <inheritdoc/>
    public IConfigStore History => Gateway.Services.GetRequiredService<IConfigStore>();

    /// <summary>How it was started.</summary>
    protected RigOptions Options { get; }

    private OsmoServer Gateway => _gateway ?? throw new InvalidOperationException("The gateway does not run.");

    /// <summary>Starts the silos and the gateway; returns when every silo serves its share.</summary>
    public async Task OpenAsync()
    {
        while (_silos.Count < Options.Silos)
        {
            _silos.Add(new ServerSilo($"silo-{++_started}", _connectionString));
        }

        // The schema is made by whoever comes first, and the others wait for it.
        _gateway = await OsmoServer.StartAsync(Of(Configure(new ClusterSettings
        {
            Roles = ServerRoles.Gateway,
            Postgres = _connectionString,
            Id = "gateway-1",
        })));
        await Task.WhenAll(_silos.Select(StartSiloAsync));
        await SettlesAsync();
    }

    /// <inheritdoc/>
    public async Task<IEngineSilo> AddSiloAsync()
    {
        var silo = new ServerSilo($"silo-{++_started}", _connectionString);
        _silos.Add(silo);
        await StartSiloAsync(silo);
        await SettlesAsync();
        return silo;
    }

    /// <inheritdoc/>
    public Task StopAsync(IEngineSilo silo) => StopSiloAsync(Leave(silo));

    /// <inheritdoc/>
    public Task EndAsync(IEngineSilo silo) => EndSiloAsync(Leave(silo));

    /// <inheritdoc/>
    public virtual async Task MoveAsync(BackendName backend)
    {
        // Shares stay as they are, so that nobody has a reason to give anything back.
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        await using var swap = new NpgsqlCommand(Swap, connection) { Parameters = { new() { Value = BackendShard.Of(backend) } } };
        await Eventually.AgreesAsync(
            async () => await swap.ExecuteNonQueryAsync() == 2 ? null : "none", $"another silo can take the shard of {backend}");
        await using var notify = new NpgsqlCommand("SELECT pg_notify('osmo_shards', '')", connection);
        await notify.ExecuteNonQueryAsync();
    }

    /// <inheritdoc/>
    public virtual async Task<IGrainEngine> TakeAsync(BackendName backend)
    {
        var stale = await OwnerAsync(backend);
        await Unrefused(
            () =>
            {
                stale.Belief.Keep(backend);
                return Task.FromResult<string?>(null);
            },
            $"{stale.Id} knows that it owns {backend}");
        await MoveAsync(backend);
        var owner = await OwnerAsync(backend);
        await Unrefused(
            async () =>
            {
                await owner.Local.GetBackend(backend).PingAsync(CancellationToken.None);
                return null;
            },
            $"{owner.Id} serves {backend}");
        return stale.Local;
    }

    /// <inheritdoc/>
    public async Task RestartAsync()
    {
        await Task.WhenAll(_silos.Select(StopSiloAsync));
        await Gateway.DisposeAsync();
        _gateway = null;
        await OpenAsync();
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_gateway is { } gateway)
        {
            await gateway.DisposeAsync();
        }

        await Task.WhenAll(_silos.Concat(_ended).Select(silo => silo.DisposeAsync().AsTask()));
    }

    /// <summary>The settings of a process, from what every engine needs.</summary>
    protected virtual ClusterSettings Configure(ClusterSettings settings) => settings with
    {
        LeaseSeconds = Options.Silence.TotalSeconds,
        DrainSeconds = 10,
        CallSeconds = Options.CallTime.TotalSeconds,
    };

    /// <summary>How a server is started with settings that <see cref="Configure"/> has seen.</summary>
    protected virtual OsmoServerOptions Of(ClusterSettings settings) => new()
    {
        Url = "http://127.0.0.1:0",
        LogLevel = LogLevel.None,
        Cluster = settings,
    };

    /// <summary>Starts a silo; returns when it listens.</summary>
    protected virtual Task StartSiloAsync(ServerSilo silo) => silo.StartAsync(Of(Configure(silo.Settings)), Gate);

    /// <summary>Stops a silo in good order.</summary>
    protected virtual Task StopSiloAsync(ServerSilo silo) => silo.StopAsync();

    /// <summary>Ends a silo without a word.</summary>
    protected virtual Task EndSiloAsync(ServerSilo silo)
    {
        silo.Isolate();
        return Task.CompletedTask;
    }

    /// <summary>Who owns a backend, past everything that believes to know.</summary>
    private async Task<ServerSilo> OwnerAsync(BackendName backend)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        await using var ask = new NpgsqlCommand("SELECT id FROM silo JOIN shard ON owner = incarnation WHERE number = $1", connection)
        {
            Parameters = { new() { Value = BackendShard.Of(backend) } },
        };
        var id = (string?)await ask.ExecuteScalarAsync();
        return _silos.Single(silo => silo.Id == id);
    }


    private ServerSilo Leave(IEngineSilo leaving)
    {
        var silo = (ServerSilo)leaving;
        _silos.Remove(silo);
        _ended.Add(silo);
        return silo;
    }

    /// <summary>Waits until the silos that run share everything fairly, and the gateway knows.</summary>
    private Task SettlesAsync() => Unrefused(UnsettledAsync, $"{_silos.Count} silos share the shards");

    /// <summary>Waits until there is no difference any more; a refusal is one.</summary>
    private static Task Unrefused(Func<Task<string?>> difference, string what) => Eventually.AgreesAsync(
        async () =>
        {
            try
            {
                return await difference();
            }
            catch (OsmoException refusal)
            {
                return refusal.Message;
            }
        },
        what);

    private async Task<string?> UnsettledAsync()
    {
        var hosts = _silos.Select(silo => silo.Services).Append(Gateway.Services);
        foreach (var part in hosts.SelectMany(services => services.GetServices<IReadiness>()))
        {
            if (await part.FindProblemAsync(CancellationToken.None) is { } problem)
            {
                return problem;
            }
        }

        var listed = await Gateway.Services.GetRequiredService<ISiloDirectory>().ListAsync(CancellationToken.None);
        var shares = _silos.Select(silo => listed.LastOrDefault(row => row.Id == silo.Id)?.Shards ?? 0).ToArray();
        return shares.Sum() == BackendShard.Count && shares.Max() - shares.Min() <= 1 ? null : string.Join(", ", shares);
    }
}
