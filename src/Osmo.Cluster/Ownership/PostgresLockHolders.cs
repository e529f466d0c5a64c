using Npgsql;
using Osmo.Grains.Storage;
using Osmo.Storage.Postgres;

namespace Osmo.Cluster.Ownership;

/// <summary>Sessions of the database that held rows of shards.</summary>
/// <param name="Ended">How many were ended.</param>
/// <param name="Denied">How many belong to another role, which this one may not end.</param>
internal readonly record struct LockHolders(int Ended, int Denied);

/// <summary>
/// Finds and ends the sessions that hold rows of shards without a living owner. One connection waits for the rows, and another asks
/// the server whom it waits for: the row itself does not say it reliably, as the number in it can be of a transaction or of a group
/// of them. A transaction that is younger than a statement may take is left alone: it ends by itself, or is another silo's claim.
/// </summary>
internal sealed class PostgresLockHolders(PostgresDatabase database, LeaseOptions options, TimeProvider time)
{
    private const string Pid = "SELECT pg_backend_pid()";
    private const string Limit = "SELECT set_config('statement_timeout', $1, true)";

    private const string Wait = """
        SELECT FROM shard JOIN unnest($1, $2) AS wanted (number, epoch) ON shard.number = wanted.number AND shard.epoch = wanted.epoch
        ORDER BY shard.number FOR NO KEY UPDATE OF shard
        """;

    /// <summary>Ends nobody where one of the shards has an owner whose lease runs, or where the lease of the asking one does not.</summary>
    private const string End = """
        WITH holder AS MATERIALIZED (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid)
        SELECT usename IS NOT DISTINCT FROM current_user,
          CASE WHEN usename IS NOT DISTINCT FROM current_user THEN pg_terminate_backend(pid) END
        FROM holder JOIN pg_stat_activity USING (pid)
        WHERE (usename IS DISTINCT FROM current_user OR xact_start < clock_timestamp() - $2)
          AND EXISTS (SELECT FROM silo WHERE incarnation = $3 AND expires_at > clock_timestamp())
          AND NOT EXISTS (
            SELECT FROM shard JOIN silo ON silo.incarnation = shard.owner
            WHERE shard.number = ANY ($4) AND silo.expires_at > clock_timestamp())
        """;

    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Ends the holders of rows of some shards, for a silo that wants them. Takes half of a statement's limit at most.</summary>
    public async Task<LockHolders> EndAsync(
        NpgsqlConnection connection, long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken)
    {
        await using var ask = new NpgsqlCommand(Pid, connection);
        var pid = (int)(await ask.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        var waiting = WaitAsync(connection, shards, cancellationToken);
        var ended = 0;
        var denied = 0;
        try
        {
            while (!waiting.IsCompleted)
            {
                var seen = await EndBlockersAsync(pid, incarnation, shards, cancellationToken).ConfigureAwait(false);
                ended += seen.Ended;
                denied = Math.Max(denied, seen.Denied);
                await Task.WhenAny(waiting, Task.Delay(LookPause, time, cancellationToken)).ConfigureAwait(false);
            }
        }
        finally
        {
            // Its limit is the server's; the connection must be at rest before it goes back to the pool.
            await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return new LockHolders(ended, denied);
    }

    private async Task WaitAsync(NpgsqlConnection connection, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken)
    {
        var limitMs = (long)(options.StatementLimit / 2).TotalMilliseconds;
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Limit)
                {
                    Parameters = { new() { Value = limitMs.ToString(System.Globalization.CultureInfo.InvariantCulture) } },
                },
                new NpgsqlBatchCommand(Wait)
                {
                    Parameters =
                    {
                        new() { Value = shards.Select(shard => shard.Shard).ToArray() },
                        new() { Value = shards.Select(shard => shard.Epoch).ToArray() },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task<LockHolders> EndBlockersAsync(
        int pid, long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken) => database.UseAsync(
        async (connection, limit) =>
        {
            await using var end = new NpgsqlCommand(End, connection)
            {
                Parameters =
                {
                    new() { Value = pid },
                    new() { Value = options.StatementLimit },
                    new() { Value = incarnation },
                    new() { Value = shards.Select(shard => shard.Shard).ToArray() },
                },
            };
            await using var reader = await end.ExecuteReaderAsync(limit).ConfigureAwait(false);
            var holders = default(LockHolders);
            while (await reader.ReadAsync(limit).ConfigureAwait(false))
            {
                holders = reader.GetBoolean(0)
                    ? holders with { Ended = holders.Ended + 1 }
                    : holders with { Denied = holders.Denied + 1 };
            }

            return holders;
        },
        cancellationToken);
}
