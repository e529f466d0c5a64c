using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>
/// The one writer of the database. Writes that wait together share a transaction and so a sync of the disk; if that transaction fails for
/// a reason that may be a single write's own, the others are tried without that one.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int QueueMax = 8_192;
    private const int WritesPerTransactionMax = 4_096;

    private readonly SqliteDatabase _database;
    private readonly SqliteActivations _activations;
    private readonly Channel<ISqliteWrite> _queue =
        Channel.CreateBounded<ISqliteWrite>(new BoundedChannelOptions(QueueMax) { SingleReader = true });

    private readonly Task _loop;
    private SqliteCommitter? _committer;

    public SqliteWriter(SqliteDatabase database, SqliteActivations activations)
    {
        _database = database;
        _activations = activations;
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public async Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken)
    {
        var write = new CommitWrite(commit);
        await EnqueueAsync(write, cancellationToken).ConfigureAwait(false);
        return await write.Task.ConfigureAwait(false);
    }

    public Task WriteNodeAsync(NodeWrite node, CancellationToken cancellationToken)
    {
        var write = new NodeRowWrite(node);
        return _queue.Writer.TryWrite(write) ? write.Task : QueueAsync(write, write.Task, cancellationToken);
    }

    /// <summary>Gives a backend, if it exists, to an activation; all writes of an earlier one have ended when this returns.</summary>
    public Task TakeOverAsync(BackendName backend, long activation, CancellationToken cancellationToken)
    {
        var write = new TakeOver(backend, activation);
        return QueueAsync(write, write.Task, cancellationToken);
    }

    /// <summary>Writes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private async Task QueueAsync(ISqliteWrite write, Task done, CancellationToken cancellationToken)
    {
        await EnqueueAsync(write, cancellationToken).ConfigureAwait(false);
        await done.ConfigureAwait(false);
    }

    private async Task EnqueueAsync(ISqliteWrite write, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new OsmoException(
                ErrorCode.Unavailable, "The store is closed because this process is stopping. Try again elsewhere or later.");
        }
    }

    private void Run()
    {
        var group = new List<ISqliteWrite>(WritesPerTransactionMax);
        while (WaitForWork())
        {
            while (group.Count < WritesPerTransactionMax && _queue.Reader.TryRead(out var write))
            {
                group.Add(write);
            }

            Write(group);
            group.Clear();
        }

        _committer?.Dispose();
    }

    // tidy: this is the writer's own thread, and SQLite is synchronous anyway
    private bool WaitForWork() => _queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();

    private void Write(List<ISqliteWrite> group)
    {
        try
        {
            _committer ??= new SqliteCommitter(_database.Connect(), _activations);
            _committer.Write(group);
        }
        catch (Exception failure)
        {
            _activations.Rollback();
            _committer?.Dispose();
            _committer = null;
            WriteWithoutGuilty(group, failure);
            return;
        }

        _activations.Commit();
        group.ForEach(write => write.Complete());
    }

    private void WriteWithoutGuilty(List<ISqliteWrite> group, Exception failure)
    {
        const int TooBig = 18, Constraint = 19, Mismatch = 20;
        if (group.Count > 1 && failure is not SqliteException { SqliteErrorCode: not (TooBig or Constraint or Mismatch) })
        {
            var half = group.Count / 2;
            Write(group[..half]);
            Write(group[half..]);
            return;
        }

        var explained = failure is SqliteException sqlite ? _database.Explain(sqlite) : failure;
        group.ForEach(write => write.Fail(explained));
    }
}
