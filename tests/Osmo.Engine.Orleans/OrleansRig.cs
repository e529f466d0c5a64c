using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Configuration;
using Orleans.TestingHost;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Engine.Contract.Rigs;
using Osmo.Engine.Contract.Servers;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Server.Hosting;
using Osmo.Silo.Orleans.Shards;
using Osmo.Testing;
using Osmo.Testing.Network;

namespace Osmo.Engine.Orleans;

/// <summary>
/// Silos of Orleans, each a server composed as people run it, in this process. Orleans' test host starts and ends them: to it they are
/// silos of a <see cref="TestCluster"/>.
/// </summary>
public sealed class OrleansRig : ClusterServerRig
{
    private const string FindOther = """
        SELECT other.number, giver.address, taker.address
        FROM shard JOIN silo AS giver ON giver.incarnation = shard.owner,
          shard AS other JOIN silo AS taker ON taker.incarnation = other.owner
        WHERE shard.number = $1 AND other.owner <> shard.owner AND taker.expires_at > clock_timestamp() AND NOT taker.draining
        ORDER BY random() LIMIT 1
        """;

    private readonly string _connectionString;
    private readonly TestCluster _cluster;
    private readonly ConcurrentQueue<ServerSilo> _starting = [];
    private readonly ConcurrentDictionary<ServerSilo, SiloHandle> _running = [];

    /// <inheritdoc/>
    public OrleansRig(string connectionString, RigOptions options)
        : base(connectionString, options)
    {
        _connectionString = connectionString;
        var builder = new TestClusterBuilder(initialSilosCount: 0) { CreateSiloAsync = (_, _) => CreateSiloAsync() };
        builder.Options.UseTestClusterMembership = false;
        builder.Options.InitializeClientOnDeploy = false;
        _cluster = builder.Build();
    }

    /// <summary>What a process with roles shows; null for nothing.</summary>
    public Func<ServerRoles, ClusterCredentials>? Credentials { get; init; }

    /// <summary>Has the grains of two shards migrate, so that shares stay as they are.</summary>
    public override async Task MoveAsync(BackendName backend)
    {
        var shard = BackendShard.Of(backend);
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        int other;
        string giver, taker;
        await using (var ask = new NpgsqlCommand(FindOther, connection) { Parameters = { new() { Value = shard } } })
        await using (var reader = await ask.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            (other, giver, taker) = (reader.GetInt32(0), Parsable(reader.GetString(1)), Parsable(reader.GetString(2)));
        }

        var grains = ((ServerSilo)Silos[0]).Services.GetRequiredService<IGrainFactory>();
        var before = (Shard: await EpochAsync(connection, shard), Other: await EpochAsync(connection, other));
        await grains.GetGrain<IShardGrain>(shard).MoveAsync(taker);
        await grains.GetGrain<IShardGrain>(other).MoveAsync(giver);
        await Eventually.AgreesAsync(
            async () => await EpochAsync(connection, shard) > before.Shard && await EpochAsync(connection, other) > before.Other
                ? null
                : "they are where they were",
            "the shards have moved");
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override ClusterSettings Configure(ClusterSettings settings)
    {
        var configured = base.Configure(settings) with
        {
            Engine = ClusterEngine.Orleans,

            // A silo that was taken for dead ends, where one of the other engine goes on: it should not happen because the machine is busy.
            LeaseSeconds = ClusterSettings.OrleansLeaseSecondsDefault,
            ClientUrl = ReservedPorts.NextUrl().GetLeftPart(UriPartial.Authority),
        };
        return Credentials?.Invoke(settings.Roles) is not { } shown
            ? configured
            : configured with
            {
                CertificateFile = shown.CertificateFile,
                CertificateKeyFile = shown.PrivateKeyFile,
                AuthorityFile = shown.AuthorityFile,
                ClusterUrl = Secured(configured.ClusterUrl),
                AdvertisedUrl = Secured(configured.AdvertisedUrl),
                ClientUrl = Secured(configured.ClientUrl),
            };
    }

    /// <summary>
    /// With a connection to its membership table that is not cut where the silo's are: a silo that is ended in this process has to say
    /// there that it is dead, for its Orleans to end.
    /// </summary>
    protected override OsmoServerOptions Of(ClusterSettings settings)
    {
        var options = base.Of(settings);
        options.Replace = services =>
            services.PostConfigure<AdoNetClusteringSiloOptions>(clustering => clustering.ConnectionString = _connectionString);
        return options;
    }

    /// <inheritdoc/>
    protected override async Task StartSiloAsync(ServerSilo silo)
    {
        _starting.Enqueue(silo);
        await _cluster.StartAdditionalSiloAsync();
    }

    /// <inheritdoc/>
    protected override Task StopSiloAsync(ServerSilo silo) =>
        _running.TryRemove(silo, out var handle) ? _cluster.StopSiloAsync(handle) : Task.CompletedTask;

    /// <inheritdoc/>
    protected override Task EndSiloAsync(ServerSilo silo) =>
        _running.TryRemove(silo, out var handle) ? _cluster.KillSiloAsync(handle) : Task.CompletedTask;

    /// <summary>The test host has a silo started, whichever waits: all are alike.</summary>
    private async Task<SiloHandle> CreateSiloAsync()
    {
        _starting.TryDequeue(out var silo);
        await base.StartSiloAsync(silo!);
        return _running[silo!] = new TestSilo(silo!);
    }

    [return: NotNullIfNotNull(nameof(url))]
    private static string? Secured(string? url) => url?.Replace("http:", "https:", StringComparison.Ordinal);

    private static string Parsable(string address)
    {
        var url = new Uri(address);
        return $"{url.Host}:{url.Port}@{url.AbsolutePath[1..]}";
    }

    private static async Task<long> EpochAsync(NpgsqlConnection connection, int shard)
    {
        await using var ask = new NpgsqlCommand("SELECT epoch FROM shard WHERE number = $1", connection)
        {
            Parameters = { new() { Value = shard } },
        };
        return (long)(await ask.ExecuteScalarAsync())!;
    }
}
