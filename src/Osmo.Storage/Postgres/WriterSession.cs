using System.Data;
using Npgsql;

namespace Osmo.Storage.Postgres;

/// <summary>The connection of a writer, replaced if it breaks.</summary>
/// <remarks>
/// If it breaks, nobody knows what becomes of the transaction: the server may still be at it. The callers are told so and load again, and
/// what they load must not change behind their back. So the session holds an advisory lock of the writer's own, the next session ends the
/// one before and waits for the lock, and loads wait for that (<see cref="IsUnsettled"/>).
/// </remarks>
internal sealed class WriterSession(PostgresDatabase database) : IAsyncDisposable
{
    private const int LockSpace = 0x6f73_6d77;

    private const string EndOther =
        """
        SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND classid = $1::int::oid AND objid = $2::int::oid AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
        """;

    private const string Lock = "SELECT pg_advisory_lock($1, $2)";

    /// <summary>
    /// The rows of a group are found one by one in the index, however many there are. The planner guesses from the tables' sizes, and a
    /// plan that was made while a table was empty would read all of it when it is full. A group's arrays stay in memory.
    /// </summary>
    private const string Plan =
        """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
          set_config('enable_bitmapscan', 'off', false), set_config('enable_hashjoin', 'off', false),
          set_config('enable_mergejoin', 'off', false), set_config('work_mem', '32MB', false)
        """;

    private readonly int _lockKey = Random.Shared.Next();
    private NpgsqlConnection? _connection;
    private volatile bool _isUnsettled;

    /// <summary>Whether the outcome of a transaction is not known yet.</summary>
    public bool IsUnsettled => _isUnsettled;

    /// <summary>Whether there is a connection.</summary>
    public bool IsOpen => _connection is { FullState: ConnectionState.Open };

    /// <summary>The connection, once it was opened.</summary>
    public NpgsqlConnection Connection => _connection ?? throw new InvalidOperationException("The writer is not connected.");

    /// <summary>Connects if there is no connection. After that no transaction of an earlier one is under way.</summary>
    public async Task OpenAsync()
    {
        if (IsOpen)
        {
            return;
        }

        // A connection that broke while nothing was under way: keepalives have noticed.
        await CloseAsync().ConfigureAwait(false);
        _connection = await database.Source.OpenConnectionAsync().ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(_connection)
        {
            BatchCommands = { Command(EndOther), Command(Lock), new NpgsqlBatchCommand(Plan) },
        };
        await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        _isUnsettled = false;
    }

    /// <summary>Gives the connection up in the middle of a transaction.</summary>
    public Task BreakAsync()
    {
        _isUnsettled = true;
        return CloseAsync();
    }

    /// <summary>Gives the connection up.</summary>
    public async Task CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private NpgsqlBatchCommand Command(string sql) => new(sql)
    {
        Parameters = { new NpgsqlParameter { Value = LockSpace }, new NpgsqlParameter { Value = _lockKey } },
    };
}
