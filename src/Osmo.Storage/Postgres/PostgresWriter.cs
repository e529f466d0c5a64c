using System.Threading.Channels;
using Npgsql;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>
/// Writes through one connection. What waits together shares a transaction, and so a round trip and a sync of the server's disk: one of
/// the changes of backends and one of the changes of nodes. If one fails for a reason that is a single write's own, the others are tried
/// without that one.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    private const int QueueMax = 8_192;

    private readonly PostgresDatabase _database;
    private readonly WriterSession _session;
    private readonly PostgresNodeWriter _nodeWriter = new();
    private readonly WriteRound _round = new();
    private readonly Channel<IPendingWrite> _queue =
        Channel.CreateBounded<IPendingWrite>(new BoundedChannelOptions(QueueMax) { SingleReader = true });

    private readonly Task _loop;

    public PostgresWriter(PostgresDatabase database)
    {
        _database = database;
        _session = new WriterSession(database);
        _loop = Task.Run(RunAsync);
    }

    public Task<long?> CommitAsync(BackendCommit commit, CancellationToken cancellationToken)
    {
        var pending = new PendingCommit(commit);
        return _queue.Writer.TryWrite(pending) ? pending.Task : QueueAsync(cancellationToken);

        async Task<long?> QueueAsync(CancellationToken cancel)
        {
            await EnqueueAsync(pending, cancel).ConfigureAwait(false);
            return await pending.Task.ConfigureAwait(false);
        }
    }

    public Task WriteNodeAsync(NodeWrite write, CancellationToken cancellationToken)
    {
        var pending = new PendingNode(write);
        return _queue.Writer.TryWrite(pending) ? pending.Task : QueueAsync(pending, pending.Task, cancellationToken);
    }

    /// <summary>Returns when every write has an outcome that will not change any more.</summary>
    public Task SettleAsync(CancellationToken cancellationToken)
    {
        if (!_session.IsUnsettled)
        {
            return Task.CompletedTask;
        }

        var pending = new PendingSettle();
        return QueueAsync(pending, pending.Task, cancellationToken);
    }

    /// <summary>Writes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
        _nodeWriter.Dispose();
    }

    private async Task QueueAsync(IPendingWrite pending, Task done, CancellationToken cancellationToken)
    {
        await EnqueueAsync(pending, cancellationToken).ConfigureAwait(false);
        await done.ConfigureAwait(false);
    }

    private async Task EnqueueAsync(IPendingWrite pending, CancellationToken cancellationToken)
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
    }

    private async Task RunAsync()
    {
        while (_round.HasDeferred || await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            _round.Take(_queue.Reader);
            try
            {
                await _session.OpenAsync().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                // Whoever waits behind would wait for the same in vain.
                await _session.CloseAsync().ConfigureAwait(false);
                Fail(_round.Drain(_queue.Reader), failure);
                continue;
            }

            _round.Settles.ForEach(settle => settle.SetResult());
            await WriteAsync(_round.Commits, PostgresCommitter.CommitAsync).ConfigureAwait(false);
            if (_session.IsOpen)
            {
                await WriteAsync(_round.Nodes, _nodeWriter.WriteAsync).ConfigureAwait(false);
            }
            else
            {
                _round.DeferNodes();
            }
        }
    }

    private async Task WriteAsync<T>(List<T> group, Func<NpgsqlConnection, List<T>, Task> write)
        where T : IPendingWrite
    {
        if (group.Count == 0)
        {
            return;
        }

        using var trace = GroupTrace.Start("group commit", group.Select(pending => pending.Caller));
        try
        {
            await write(_session.Connection, group).ConfigureAwait(false);
        }
        catch (PostgresException failure) when (!PostgresFailures.IsBroken(failure))
        {
            // The server rolled all of it back.
            await WriteWithoutGuiltyAsync(group, write, failure).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await _session.BreakAsync().ConfigureAwait(false);
            Fail(group, failure);
        }
    }

    private async Task WriteWithoutGuiltyAsync<T>(
        List<T> group, Func<NpgsqlConnection, List<T>, Task> write, PostgresException failure)
        where T : IPendingWrite
    {
        var lost = PostgresFailures.LostClaims(failure);
        var guilty = group.FindAll(pending => lost.Contains(pending.Claim));
        if (guilty.Count > 0)
        {
            guilty.ForEach(pending => pending.Refuse());
            await WriteAsync(group.FindAll(pending => !lost.Contains(pending.Claim)), write).ConfigureAwait(false);
        }
        else if (group.Count == 1 || !PostgresFailures.MayBeOfOneWrite(failure))
        {
            Fail(group, failure);
        }
        else
        {
            var half = group.Count / 2;
            await WriteAsync(group[..half], write).ConfigureAwait(false);
            if (_session.IsOpen)
            {
                await WriteAsync(group[half..], write).ConfigureAwait(false);
            }
            else
            {
                // Lost with the others: these were never sent.
                Fail(group[half..], new NpgsqlException("The connection was lost."));
            }
        }
    }

    private void Fail<T>(List<T> group, Exception failure)
        where T : IPendingWrite
    {
        if (PostgresFailures.IsLostCreation(failure))
        {
            group.ForEach(pending => pending.Refuse());
            return;
        }

        var explained = PostgresFailures.IsKnown(failure) ? _database.Explain(failure) : failure;
        group.ForEach(pending => pending.Fail(explained));
    }
}
