using System.Collections.Immutable;
using Npgsql;
using Osmo.Cluster.Membership;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Osmo.Storage.Postgres;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// The tables in PostgreSQL, over a few connections of their own: a lease must be renewed also while every other connection
/// waits for a slow commit. A batch is one transaction and one round trip.
/// </summary>
internal sealed class PostgresOwnershipTable : IOwnershipTable, IAsyncDisposable
{
    /// <summary>
    /// Reading, change of owners and whom it waits for, two confirmations, the listener, and two that a broken network may hold.
    /// </summary>
    private const int ConnectionsMax = 8;

    /// <summary>
    /// Renewals have one for themselves, which is open whenever the next one is due: making one takes several round trips, and where
    /// the database is slow no lease has time for them.
    /// </summary>
    private const int RenewalConnectionsMax = 1;

    private readonly PostgresDatabase _database;
    private readonly PostgresDatabase _renewals;
    private readonly PostgresLockHolders _holders;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Uses a database whose schema is up to date.</summary>
    public PostgresOwnershipTable(PostgresOptions database, LeaseOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        var own = database with { StatementTimeout = options.StatementLimit, ConnectTimeout = options.ConnectLimit };
        _database = PostgresDatabase.Create(own with { ConnectionsMax = ConnectionsMax });
        _renewals = PostgresDatabase.Create(own with { ConnectionsMax = RenewalConnectionsMax });
        _holders = new PostgresLockHolders(_database, options, time);
    }

    public Task<long> RegisterAsync(SiloRegistration silo, TimeSpan lease, CancellationToken cancellationToken) => UseAsync(
        _renewals,
        async (connection, limit) =>
        {
            await using var batch = Batch(
                connection,
                (OwnershipStatements.LockId, [silo.Id]),
                (OwnershipStatements.Supersede, [silo.Id]),
                (OwnershipStatements.Notify, []),
                (OwnershipStatements.Register, [silo.Id, silo.Address.ToString(), silo.Version, silo.ProtocolVersion, silo.Engine, lease]));
            await using var reader = await batch.ExecuteReaderAsync(limit).ConfigureAwait(false);
            await reader.NextResultAsync(limit).ConfigureAwait(false);
            await reader.NextResultAsync(limit).ConfigureAwait(false);
            await reader.ReadAsync(limit).ConfigureAwait(false);
            var incarnation = reader.GetInt64(0);

            // Where a statement fails that comes after a result, the failure shows only when everything was read.
            await reader.NextResultAsync(limit).ConfigureAwait(false);
            return incarnation;
        },
        cancellationToken);

    public Task<bool> RenewAsync(long incarnation, SiloReport report, TimeSpan lease, CancellationToken cancellationToken) => UseAsync(
        _renewals,
        async (connection, limit) =>
        {
            await using var batch = Batch(
                connection,
                (OwnershipStatements.WithoutSync, []),
                (OwnershipStatements.Renew, [incarnation, lease, report.Draining, report.Backends, report.Nodes]));
            await batch.ExecuteNonQueryAsync(limit).ConfigureAwait(false);
            return batch.BatchCommands[1].RecordsAffected == 1;
        },
        cancellationToken);

    public Task<OwnershipSnapshot> ReadAsync(CancellationToken cancellationToken) => UseAsync(
        async (connection, limit) =>
        {
            await using var command = Batch(connection, (OwnershipStatements.Read, []));
            await using var reader = await command.ExecuteReaderAsync(limit).ConfigureAwait(false);
            await reader.ReadAsync(limit).ConfigureAwait(false);
            var now = reader.GetFieldValue<DateTimeOffset>(5);
            var epochs = reader.GetFieldValue<long[]>(10);
            var owners = reader.GetFieldValue<long[]>(11);
            var silos = ImmutableArray.CreateBuilder<SiloEntry>();
            while (await reader.ReadAsync(limit).ConfigureAwait(false))
            {
                silos.Add(ReadSilo(reader));
            }

            return new OwnershipSnapshot(
                now, silos.ToImmutable(), [.. epochs.Zip(owners, (epoch, owner) => new ShardRow(epoch, owner == 0 ? null : owner))]);
        },
        cancellationToken);

    public Task<IReadOnlyList<ShardEpoch>> ClaimAsync(
        long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken) =>
        ShardsAsync(OwnershipStatements.Claim, [incarnation, Numbers(shards), Epochs(shards)], cancellationToken);

    public Task<IReadOnlyList<ShardEpoch>> TakeAsync(
        long incarnation, IReadOnlyCollection<int> shards, CancellationToken cancellationToken) =>
        ShardsAsync(OwnershipStatements.Take, [incarnation, shards.ToArray()], cancellationToken);

    public Task<LockHolders> EndHoldersAsync(
        long incarnation, IReadOnlyList<ShardEpoch> shards, CancellationToken cancellationToken) =>
        UseAsync((connection, limit) => _holders.EndAsync(connection, incarnation, shards, limit), cancellationToken);

    public Task<IReadOnlyList<ShardEpoch>> HandOverAsync(
        long incarnation, IReadOnlyList<ShardEpoch> shards, long recipient, CancellationToken cancellationToken) =>
        ShardsAsync(OwnershipStatements.HandOver, [incarnation, Numbers(shards), Epochs(shards), recipient], cancellationToken);

    public Task LeaveAsync(long incarnation, CancellationToken cancellationToken) => ExecuteAsync(
        cancellationToken,
        (OwnershipStatements.Free, [incarnation]),
        (OwnershipStatements.Leave, [incarnation]),
        (OwnershipStatements.Notify, []));

    public Task ForgetAsync(TimeSpan expiredFor, CancellationToken cancellationToken) =>
        ExecuteAsync(cancellationToken, (OwnershipStatements.Forget, [expiredFor]));

    public Task<IReadOnlyList<ShardEpoch>> FindLostAsync(IReadOnlyCollection<ShardEpoch> claims, CancellationToken cancellationToken) =>
        ShardsAsync(OwnershipStatements.FindLost, [Numbers(claims), Epochs(claims)], cancellationToken);

    public async Task ListenAsync(Action changed, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            connection.Notification += (_, _) => changed();
            await using var listen = new NpgsqlCommand($"LISTEN {OwnershipStatements.Channel}", connection);
            await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            changed();
            while (true)
            {
                // A connection whose other end is gone says nothing, like one on which nothing happens: it is asked.
                if (!await connection.WaitAsync(_options.Poll, cancellationToken).ConfigureAwait(false))
                {
                    await using var ping = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection);
                    if (await ping.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true)
                    {
                        throw new IOException("The server is a standby by now, and standbys do not notify.");
                    }
                }
            }
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException)
        {
            throw _database.Explain(failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync().ConfigureAwait(false);
        await _renewals.DisposeAsync().ConfigureAwait(false);
    }

    private static SiloEntry ReadSilo(NpgsqlDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetString(1),
        new Uri(reader.GetString(2)),
        reader.GetString(3),
        reader.GetInt32(4),
        reader.GetFieldValue<DateTimeOffset>(5),
        reader.GetFieldValue<TimeSpan>(6),
        reader.GetBoolean(7),
        reader.GetInt32(8),
        reader.GetInt64(9));

    private static int[] Numbers(IEnumerable<ShardEpoch> shards) => [.. shards.Select(shard => shard.Shard)];

    private static long[] Epochs(IEnumerable<ShardEpoch> shards) => [.. shards.Select(shard => shard.Epoch)];

    private static NpgsqlBatch Batch(NpgsqlConnection connection, params ReadOnlySpan<(string Sql, object[] Values)> statements)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var (sql, values) in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    private Task<IReadOnlyList<ShardEpoch>> ShardsAsync(string sql, object[] values, CancellationToken cancellationToken) =>
        UseAsync<IReadOnlyList<ShardEpoch>>(
            async (connection, limit) =>
            {
                await using var batch = Batch(connection, (sql, values));
                await using var reader = await batch.ExecuteReaderAsync(limit).ConfigureAwait(false);
                var shards = new List<ShardEpoch>();
                while (await reader.ReadAsync(limit).ConfigureAwait(false))
                {
                    shards.Add(new ShardEpoch(reader.GetInt32(0), reader.GetInt64(1)));
                }

                return shards;
            },
            cancellationToken);

    private Task<int> ExecuteAsync(CancellationToken cancellationToken, params (string Sql, object[] Values)[] statements) => UseAsync(
        async (connection, limit) =>
        {
            await using var batch = Batch(connection, statements);
            return await batch.ExecuteNonQueryAsync(limit).ConfigureAwait(false);
        },
        cancellationToken);

    private Task<T> UseAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellationToken) =>
        UseAsync(_database, use, cancellationToken);

    /// <summary>All statements may be done twice: the epochs see to it. So a connection from before a restart costs no failure.</summary>
    /// <remarks>
    /// The limit of a statement does not count the time in which a connection is made. Where the database is slow, nothing would ever be
    /// done: each try would give up the connection that the next one needs.
    /// </remarks>
    private Task<T> UseAsync<T>(
        PostgresDatabase database, Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellationToken) =>
        database.UseAsync(
            async (connection, cancel) =>
            {
                using var deadline = new CancellationTokenSource(_options.StatementLimit, _time);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
                try
                {
                    return await use(connection, limit.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
                {
                    throw new OsmoException(
                        ErrorCode.Unavailable,
                        $"The database {database.Place} did not answer within {_options.StatementLimit.TotalMilliseconds} ms."
                        + " Look at its load and the network.");
                }
            },
            cancellationToken);
}
