using System.Diagnostics;

namespace Osmo.Storage;

/// <summary>
/// Makes one question of the questions of many callers. A caller shares a question only if it begins after the call did, so
/// that the answer is not older than the call; callers that come while all allowed questions are under way share the next one.
/// </summary>
internal sealed class Coalescer<TItem, TAnswer>(int runningMax, Func<IReadOnlyCollection<TItem>, Task<TAnswer>> ask)
{
    private readonly Lock _lock = new();
    private Batch? _waiting;
    private int _running;

    /// <summary>Asks about an item; the answer is the one for all items that were asked together.</summary>
    public Task<TAnswer> AskAsync(TItem item, CancellationToken cancellationToken)
    {
        Batch batch;
        bool begins;
        lock (_lock)
        {
            batch = _waiting ??= new Batch();
            batch.Items.Add(item);
            if (Activity.Current is { } caller)
            {
                batch.Callers.Add(caller);
            }

            begins = _running < runningMax;
            if (begins)
            {
                _waiting = null;
                _running++;
            }
        }

        if (begins)
        {
            _ = RunAsync(batch);
        }

        return batch.Answer.Task.WaitAsync(cancellationToken);
    }

    private async Task RunAsync(Batch? batch)
    {
        while (batch is not null)
        {
            // Not of who began the loop: of those who share this question.
            Activity.Current = null;
            using var trace = GroupTrace.Start("group question", batch.Callers);
            try
            {
                batch.Answer.SetResult(await ask(batch.Items).ConfigureAwait(false));
            }
            catch (Exception failure)
            {
                batch.Answer.SetException(failure);
                _ = batch.Answer.Task.Exception;
            }

            lock (_lock)
            {
                batch = _waiting;
                _waiting = null;
                if (batch is null)
                {
                    _running--;
                }
            }
        }
    }

    private sealed class Batch
    {
        public HashSet<TItem> Items { get; } = [];

        public List<Activity> Callers { get; } = [];

        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
