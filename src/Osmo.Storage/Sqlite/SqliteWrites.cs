using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>Something that waits for the writer's next transaction.</summary>
internal interface ISqliteWrite
{
    /// <summary>Does it in the transaction; may be done again if that fails.</summary>
    void Apply(SqliteCommitter committer);

    /// <summary>Tells the caller that the transaction is committed.</summary>
    void Complete();

    /// <summary>Tells the caller that it failed.</summary>
    void Fail(Exception failure);
}

/// <summary>A change of a backend that waits.</summary>
internal sealed class CommitWrite(BackendCommit commit)
    : TaskCompletionSource<long?>(TaskCreationOptions.RunContinuationsAsynchronously), ISqliteWrite
{
    private OsmoException? _refusal;
    private long? _revision;

    public void Apply(SqliteCommitter committer) =>
        _refusal = committer.TryCommit(commit, out _revision) ? null : Refusal.Of(commit);

    public void Complete()
    {
        if (_refusal is null)
        {
            SetResult(_revision);
        }
        else
        {
            SetException(_refusal);
        }
    }

    public void Fail(Exception failure) => SetException(failure);
}

/// <summary>A change of a node that waits. There are tens of thousands a second of them: it is its own task.</summary>
internal sealed class NodeRowWrite(NodeWrite write)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), ISqliteWrite
{
    private OsmoException? _refusal;

    public void Apply(SqliteCommitter committer) => _refusal =
        !committer.Activations.MayWrite(write.Backend.Value, write.Activation) ? Refusal.Of(write.Backend)
        : committer.Nodes.TryWrite(write) ? null
        : Refusal.OfVersion(write);

    public void Complete()
    {
        if (_refusal is null)
        {
            SetResult();
        }
        else
        {
            SetException(_refusal);
        }
    }

    public void Fail(Exception failure) => SetException(failure);
}

/// <summary>An activation that takes a backend over, after all writes that wait before it.</summary>
internal sealed class TakeOver(BackendName backend, long activation)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), ISqliteWrite
{
    public void Apply(SqliteCommitter committer) =>
        committer.Activations.Set(backend.Value, committer.Exists(backend) ? activation : null);

    public void Complete() => SetResult();

    public void Fail(Exception failure) => SetException(failure);
}
