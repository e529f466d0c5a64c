using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>
/// The one writer of the database. Commits that wait together share a transaction and so a sync of the disk; where that
/// transaction fails each is tried alone, so that one backend's trouble is not another's.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int QueueMax = 1_024;
    private const int CommitsPerTransactionMax = 64;

    private readonly SqliteDatabase _database;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(QueueMax) { SingleReader = true });
    private readonly Task _loop;

    public SqliteWriter(SqliteDatabase database)
    {
        _database = database;
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public async Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken)
    {
        var pending = new Pending(commit);
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

    /// <summary>Writes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private void Run()
    {
        SqliteCommitter? committer = null;
        var group = new List<Pending>(CommitsPerTransactionMax);
        while (WaitForWork())
        {
            while (group.Count < CommitsPerTransactionMax && _queue.Reader.TryRead(out var pending))
            {
                group.Add(pending);
            }

            if (!TryCommit(ref committer, group) && group.Count > 1)
            {
                group.ForEach(pending => TryCommit(ref committer, [pending]));
            }

            group.Clear();
        }

        committer?.Dispose();
    }

    // tidy: this is the writer's own thread, and SQLite is synchronous anyway
    private bool WaitForWork() => _queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();

    private bool TryCommit(ref SqliteCommitter? committer, List<Pending> group)
    {
        try
        {
            committer ??= new SqliteCommitter(_database.Connect());
            var revisions = committer.Commit(group.ConvertAll(pending => pending.Commit));
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Done.TrySetResult(revisions[i]);
            }

            return true;
        }
        catch (Exception failure)
        {
            committer?.Dispose();
            committer = null;
            if (group.Count == 1)
            {
                group[0].Done.TrySetException(failure is SqliteException sqlite ? _database.Explain(sqlite) : failure);
            }

            return false;
        }
    }

    private sealed record Pending(BackendCommit Commit)
    {
        public TaskCompletionSource<long?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
