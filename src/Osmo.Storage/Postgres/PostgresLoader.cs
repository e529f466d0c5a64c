using System.Globalization;
using Npgsql;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Takes backends over for activations, and reads them.</summary>
/// <remarks>
/// A backend is taken over from the activation that was read before, and from no other one: if the answer is lost, the server may
/// do it later, and then it must not take the backend from whoever has it by then.
/// <para>
/// The row may be held by a process that was stopped or cut off while it sent: the server waits for the rest, which no limit of its own
/// counts. Such sessions are ended. A transaction that is younger than a statement may take ends by itself.
/// </para>
/// </remarks>
internal sealed class PostgresLoader : IDisposable
{
    private const string Holder = "SELECT pg_backend_pid(), (SELECT activation FROM backend WHERE name = $1)";
    private const string Limit = "SELECT set_config('statement_timeout', $1, true)";
    private const string TakeOver = "UPDATE backend SET activation = $2 WHERE name = $1 AND activation = $3 RETURNING name";

    private const string EndHolders =
        """
        WITH holder AS MATERIALIZED (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid)
        SELECT pg_terminate_backend(pid) FROM holder JOIN pg_stat_activity USING (pid)
        WHERE usename = current_user AND xact_start < clock_timestamp() - $2
        """;

    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(250);

    private readonly PostgresDatabase _database;
    private readonly TimeSpan _holdMax;
    private readonly TimeSpan _waitMax;
    private readonly TimeSpan _readMax;
    private readonly SemaphoreSlim _turns;

    public PostgresLoader(PostgresDatabase database)
    {
        _database = database;
        _holdMax = database.Options.StatementTimeout;
        _waitMax = 2 * _holdMax;

        // There may be a hundred thousand nodes. But a backend whose silo was cut off from the store waits here until it loads elsewhere.
        _readMax = 2 * _holdMax;

        // Loads that wait for rows must leave connections to others, also to those who end what they wait for.
        _turns = new SemaphoreSlim(Math.Max(1, (database.Options.ConnectionsMax - database.Options.Writers) / 2));
    }

    /// <inheritdoc cref="IBackendStore.LoadAsync"/>
    public async Task<LoadedBackend> LoadAsync(BackendName backend, long activation, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                var loaded = await _database.UseAsync(
                    (connection, cancel) => TryLoadAsync(connection, backend, activation, cancel), cancellationToken).ConfigureAwait(false);
                if (loaded is not null)
                {
                    return loaded;
                }
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    /// <returns>Null if another activation created it or took it over in between, so that this one has to try again.</returns>
    private async Task<LoadedBackend?> TryLoadAsync(
        NpgsqlConnection connection, BackendName backend, long activation, CancellationToken cancellationToken)
    {
        var (session, holder) = await ReadHolderAsync(connection, backend, cancellationToken).ConfigureAwait(false);
        var loading = LoadAsync(connection, backend, activation, holder, cancellationToken);
        while (await Task.WhenAny(loading, PauseAsync()).ConfigureAwait(false) != loading)
        {
            await EndHoldersAsync(session).ConfigureAwait(false);
        }

        return await loading.ConfigureAwait(false);
    }

    private static NpgsqlParameter Milliseconds(TimeSpan time) =>
        new() { Value = ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) };

    private static Task PauseAsync() => Task.Delay(LookPause, TimeProvider.System, CancellationToken.None);

    private static async Task<(int Session, long? Holder)> ReadHolderAsync(
        NpgsqlConnection connection, BackendName backend, CancellationToken cancellationToken)
    {
        await using var ask = new NpgsqlCommand(Holder, connection) { Parameters = { new NpgsqlParameter { Value = backend.Value } } };
        await using var reader = await ask.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetInt32(0), reader.IsDBNull(1) ? null : reader.GetInt64(1));
    }

    private async Task<LoadedBackend?> LoadAsync(
        NpgsqlConnection connection, BackendName backend, long activation, long? holder, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = (int)Math.Ceiling(_readMax.TotalSeconds) + 1 };
        if (holder is { } from)
        {
            AddTakeOver(batch, backend, activation, from);
        }

        batch.Add("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        batch.Add(Limit, Milliseconds(_readMax));
        PostgresRows.AddLoad(batch, backend);
        batch.Add("COMMIT");
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var taken = false;
        if (holder is not null)
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            taken = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var loaded = await PostgresRows.ReadLoadAsync(reader, cancellationToken).ConfigureAwait(false);

        // An activation that lost it again at once learns that when it writes.
        return taken || loaded.Backend is null ? loaded : null;
    }

    private void AddTakeOver(NpgsqlBatch batch, BackendName backend, long activation, long from)
    {
        batch.Add("BEGIN ISOLATION LEVEL READ COMMITTED");
        batch.Add(Limit, Milliseconds(_waitMax));
        batch.Add(
            TakeOver,
            new NpgsqlParameter { Value = backend.Value },
            new NpgsqlParameter { Value = activation },
            new NpgsqlParameter { Value = from });
        batch.Add("COMMIT");
    }

    private async Task EndHoldersAsync(int session)
    {
        try
        {
            await _database.UseAsync(
                async (connection, cancel) =>
                {
                    await using var end = new NpgsqlCommand(EndHolders, connection)
                    {
                        Parameters = { new NpgsqlParameter { Value = session }, new NpgsqlParameter { Value = _holdMax } },
                    };
                    return await end.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (OsmoException)
        {
            // What the load itself meets is what its caller has to know.
        }
    }
}
