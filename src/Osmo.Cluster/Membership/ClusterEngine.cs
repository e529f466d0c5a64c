using Npgsql;
using Osmo.Grains.Errors;
using Osmo.Storage.Postgres;

namespace Osmo.Cluster.Membership;

/// <summary>The engines that a cluster can run on; all processes of a cluster have the same.</summary>
public static class ClusterEngine
{
    /// <summary>Leases in PostgreSQL decide which silo runs what.</summary>
    public const string Postgresql = "postgresql";

    /// <summary>Orleans decides which silo runs what.</summary>
    public const string Orleans = "orleans";

    private const string FindOther = """
        SELECT id, engine FROM silo WHERE engine <> $1 AND expires_at > clock_timestamp() ORDER BY incarnation LIMIT 1
        """;

    /// <summary>
    /// Checks that no silo of another engine lives. Two engines side by side could do no harm, because the store refuses whoever has lost
    /// a shard, but each would take from the other without end.
    /// </summary>
    /// <exception cref="OsmoException">One does; the message says what to do.</exception>
    public static async Task RequireAsync(PostgresDatabase database, string engine, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        var other = await database.UseAsync<(string Id, string Engine)?>(
            async (connection, cancel) =>
            {
                await using var command = new NpgsqlCommand(FindOther, connection) { Parameters = { new() { Value = engine } } };
                await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                return await reader.ReadAsync(cancel).ConfigureAwait(false) ? (reader.GetString(0), reader.GetString(1)) : null;
            },
            cancellationToken).ConfigureAwait(false);
        if (other is { } silo)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"This cluster runs on the engine {silo.Engine}: silo {silo.Id} does. Start this process with --engine {silo.Engine}, "
                + $"or stop all silos first to go on with {engine}.");
        }
    }
}
