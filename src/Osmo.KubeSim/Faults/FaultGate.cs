namespace Osmo.KubeSim.Faults;

/// <summary>Something that can be closed and opened again while others wait for it. Thread-safe.</summary>
internal sealed class FaultGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;

    public bool IsClosed
    {
        get => Volatile.Read(ref _closed) is not null;
        set
        {
            lock (_lock)
            {
                if (value)
                {
                    _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
                else
                {
                    _closed?.TrySetResult();
                    _closed = null;
                }
            }
        }
    }

    /// <summary>Completes when the gate is open.</summary>
    public Task Opened => Volatile.Read(ref _closed)?.Task ?? Task.CompletedTask;
}
