using System.Threading.Tasks.Sources;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Routing;

/// <summary>
/// A place for one call under way on a connection, used again for later calls: a call costs no task, timer or table entry of its own.
/// Guarded by the connection's lock but for what the awaiter does.
/// </summary>
internal sealed class PendingCall(int slot) : IValueTaskSource<Proto.Answer>
{
    private ManualResetValueTaskSourceCore<Proto.Answer> _done = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;

    /// <summary>Its place in the connection's table.</summary>
    public int Slot { get; } = slot;

    /// <summary>The call that the place belongs to; 0 while it is free. No two calls of a connection have the same.</summary>
    public ulong Id { get; private set; }

    /// <summary>When the caller stops to wait, as a timestamp.</summary>
    public long Deadline { get; private set; }

    /// <summary>Gives the place back; set once by the connection.</summary>
    public required Action<PendingCall> Release { get; init; }

    public void Begin(ulong id, long deadline)
    {
        Id = id;
        Deadline = deadline;
        _cancellation = default;
    }

    /// <summary>The answer of the call that has begun; to be awaited once.</summary>
    public ValueTask<Proto.Answer> AnswerAsync() => new(this, _done.Version);

    /// <summary>After <see cref="Begin"/> and outside of the lock: registering runs the callback at once where it is too late.</summary>
    public void CancelWith(CancellationTokenRegistration registration) => _cancellation = registration;

    /// <summary>Takes the call out, so that it is completed once; false where somebody was faster.</summary>
    public bool TryTake(ulong id)
    {
        if (Id != id)
        {
            return false;
        }

        Id = 0;
        return true;
    }

    public void SetResult(Proto.Answer answer) => _done.SetResult(answer);

    public void SetException(Exception failure) => _done.SetException(failure);

    public Proto.Answer GetResult(short token)
    {
        var cancellation = _cancellation;
        try
        {
            return _done.GetResult(token);
        }
        finally
        {
            // Returns after the callback where it is running: the place must not be another call's by then.
            cancellation.Dispose();
            _done.Reset();
            Release(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _done.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
