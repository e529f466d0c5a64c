using System.Data;
using System.Threading.Channels;
using Npgsql;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>
/// Commits through one connection. Commits that wait together share a transaction, and so a round trip and a sync of the server's
/// disk; where it fails for a reason that is one commit's own, the others are tried without that one.
/// </summary>
/// <remarks>
/// Where the connection breaks, nobody knows what becomes of the transaction: the server may still be at it. The callers are told so
/// and will load anew, and what they load must not change behind their back. So the session holds an advisory lock of the writer's
/// own, the next session ends the one before and waits for the lock, and loads wait for that (<see cref="SettleAsync"/>).
/// </remarks>
internal sealed class PostgresWriter : IAsyncDisposable
{
    private const int QueueMax = 1_024;
    private const int CommitsPerTransactionMax = 128;
    private const int NodesPerTransactionMax = 10_000;
    private const int LockSpace = 0x6f73_6d77;

    private readonly PostgresDatabase _database;
    private readonly PostgresCommitter _committer = new();
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(QueueMax) { SingleReader = true });
    private readonly int _lockKey = Random.Shared.Next();
    private readonly Task _loop;
    private NpgsqlConnection? _connection;
    private Pending? _next;
    private volatile bool _isUnsettled;

    public PostgresWriter(PostgresDatabase database)
    {
        _database = database;
        _loop = Task.Run(RunAsync);
    }

    public async Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken) =>
        await EnqueueAsync(new Pending(commit), cancellationToken).ConfigureAwait(false);

    /// <summary>Returns when every commit has an outcome that will not change any more.</summary>
    public Task SettleAsync(CancellationToken cancellationToken) =>
        _isUnsettled ? EnqueueAsync(new Pending(Commit: null), cancellationToken) : Task.CompletedTask;

    /// <summary>Commits what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        await DisconnectAsync().ConfigureAwait(false);
        _committer.Dispose();
    }

    private async Task<long?> EnqueueAsync(Pending pending, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new OsmoException(
                ErrorCode.Unavailable, "The store is closed because this process is stopping. Try again elsewhere or later.");
        }

        return await pending.Done.Task.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (_next is not null || await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var group = TakeGroup();
            try
            {
                await ConnectAsync().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                // Whoever waits behind would wait for the same in vain.
                await DisconnectAsync().ConfigureAwait(false);
                var waiting = _queue.Reader.Count;
                while (waiting-- > 0 && _queue.Reader.TryRead(out var pending))
                {
                    group.Add(pending);
                }

                Fail(group, failure);
                continue;
            }

            await CommitAsync(group).ConfigureAwait(false);
        }
    }

    /// <summary>What waits, in order, up to the bounds and with at most one commit of a backend.</summary>
    private List<Pending> TakeGroup()
    {
        var group = new List<Pending>();
        var backends = new HashSet<string>(StringComparer.Ordinal);
        var nodes = 0;
        while (group.Count < CommitsPerTransactionMax && (_next is not null || _queue.Reader.TryRead(out _next)))
        {
            if (_next.Commit is { } commit)
            {
                nodes += commit.NodeWrites.Count + commit.NodeDeletions.Count;
                if (!backends.Add(commit.Backend.Value) || (nodes > NodesPerTransactionMax && group.Count > 0))
                {
                    break;
                }
            }

            group.Add(_next);
            _next = null;
        }

        return group;
    }

    private async Task CommitAsync(List<Pending> group)
    {
        group.RemoveAll(pending => pending.Commit is null && pending.Done.TrySetResult(null));
        if (group.Count == 0)
        {
            return;
        }

        try
        {
            var commits = group.ConvertAll(pending => pending.Commit!);
            var revisions = await _committer.CommitAsync(_connection!, commits, CancellationToken.None).ConfigureAwait(false);
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Done.TrySetResult(revisions[i]);
            }
        }
        catch (PostgresException failure) when (!PostgresFailures.IsBroken(failure))
        {
            // The server rolled all of it back.
            await CommitWithoutGuiltyAsync(group, failure).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _isUnsettled = true;
            await DisconnectAsync().ConfigureAwait(false);
            Fail(group, failure);
        }
    }

    private async Task CommitWithoutGuiltyAsync(List<Pending> group, PostgresException failure)
    {
        if (group.Count > 1 && failure.SqlState == PostgresFailures.Fenced)
        {
            var lost = (failure.Detail ?? "").Split(',').ToHashSet(StringComparer.Ordinal);
            var guilty = group.FindAll(pending => pending.Commit!.Owner is { } owner && lost.Contains($"{owner.Shard}:{owner.Epoch}"));
            if (guilty.Count > 0)
            {
                Fail(guilty, failure);
                await CommitAsync(group.Except(guilty).ToList()).ConfigureAwait(false);
                return;
            }
        }

        if (group.Count == 1 || !IsOneCommitsOwn(failure.SqlState))
        {
            Fail(group, failure);
            return;
        }

        foreach (var pending in group)
        {
            if (_connection is null)
            {
                // Lost with one of those before: this one was never sent.
                Fail([pending], new NpgsqlException("The connection was lost."));
            }
            else
            {
                await CommitAsync([pending]).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether a failure may come from what one commit holds (data, limits, a deadlock) and not from the server's state.</summary>
    private static bool IsOneCommitsOwn(string state) =>
        state == PostgresFailures.Fenced || state[..2] is "21" or "22" or "23" or "40" or "54";

    private void Fail(List<Pending> group, Exception failure)
    {
        var explained = PostgresFailures.IsKnown(failure) ? _database.Explain(failure) : failure;
        group.ForEach(pending => pending.Done.TrySetException(explained));
    }

    private async Task ConnectAsync()
    {
        if (_connection is { FullState: ConnectionState.Open })
        {
            return;
        }

        // A connection that broke while nothing was under way: keepalives have noticed.
        await DisconnectAsync().ConfigureAwait(false);
        _connection = await _database.Source.OpenConnectionAsync().ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(_connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                    WHERE locktype = 'advisory' AND classid = $1::int::oid AND objid = $2::int::oid AND objsubid = 2
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
                    """)
                {
                    Parameters = { new() { Value = LockSpace }, new() { Value = _lockKey } },
                },
                new NpgsqlBatchCommand("SELECT pg_advisory_lock($1, $2)")
                {
                    Parameters = { new() { Value = LockSpace }, new() { Value = _lockKey } },
                },
            },
        };
        await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        _isUnsettled = false;
    }

    private async Task DisconnectAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <param name="Commit">What to commit; null for whoever only waits until all before is settled.</param>
    private sealed record Pending(BackendCommit? Commit)
    {
        public TaskCompletionSource<long?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
