namespace Osmo.Agent;

/// <summary>Wakes one waiting loop; a signal given while nobody waits is kept, several such count as one.</summary>
internal sealed class AsyncSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private bool _isSet;

    public void Set()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            waiter = _waiter;
            _waiter = null;
            _isSet = waiter is null;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Waits for a signal. One caller at a time.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        TaskCompletionSource waiter;
        lock (_lock)
        {
            if (_isSet)
            {
                _isSet = false;
                return;
            }

            // Whoever signals must not run the loop's work on its own thread.
            waiter = _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            await waiter.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                // A signal that came together with the cancellation belongs to the next one who waits.
                _isSet |= _waiter is null;
                _waiter = null;
            }

            throw;
        }
    }
}
