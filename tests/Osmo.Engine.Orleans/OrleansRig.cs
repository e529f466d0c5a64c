using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Osmo.Cluster.Membership;
using Osmo.Engine.Contract.Rigs;
using Osmo.Engine.Contract.Servers;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Server.Hosting;
using Osmo.Silo.Orleans.Shards;
using Osmo.Testing;
using Osmo.Testing.Network;

namespace Osmo.Engine.Orleans;

/// <summary>Silos of Orleans, each a server composed as people run it, in this process.</summary>
public sealed class OrleansRig(string connectionString, RigOptions options) : ClusterServerRig(connectionString, options)
{
    private const string FindOther = """
        SELECT other.number, giver.address, taker.address
        FROM shard JOIN silo AS giver ON giver.incarnation = shard.owner,
          shard AS other JOIN silo AS taker ON taker.incarnation = other.owner
        WHERE shard.number = $1 AND other.owner <> shard.owner AND taker.expires_at > clock_timestamp() AND NOT taker.draining
        ORDER BY random() LIMIT 1
        """;

    private readonly string _connectionString = connectionString;

    /// <summary>
    /// Cuts the silo off from the database, so that it can say goodbye to nobody, and ends Orleans in it as a process that is killed does.
    /// </summary>
    public override async Task EndAsync(IEngineSilo silo)
    {
        var services = ((ServerSilo)silo).Services;
        await base.EndAsync(silo);
        var orleans = services.GetServices<IHostedService>().Single(service => service.GetType().Name == "SiloHostedService");
        await orleans.StopAsync(new CancellationToken(canceled: true));
    }

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

    protected override ClusterSettings Configure(ClusterSettings settings) => base.Configure(settings) with
    {
        Engine = ClusterEngine.Orleans,

        // A silo that was taken for dead ends, where one of the other engine goes on: it should not happen because the machine is busy.
        LeaseSeconds = ClusterSettings.OrleansLeaseSecondsDefault,
        ClientUrl = ReservedPorts.NextUrl().GetLeftPart(UriPartial.Authority),
    };

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
