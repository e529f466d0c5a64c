using System.Diagnostics.CodeAnalysis;

namespace Osmo.Agent;

/// <summary>
/// What labels the silo wants, the latest per node, and when each is tried next. At most one worker has a node at a time, so two
/// patches never race for one label.
/// <code>
///   Idle -Want-> Ready -TryTake-> Busy -Finish-> gone
///                  ^                | -Retry-> Delayed -(time)-> Ready
///                  +- newer value --+
/// </code>
/// </summary>
internal sealed class DesiredLabels : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, DesiredLabel> _labels = new(StringComparer.Ordinal);

    // Bad news first: a True on a node that must not be scheduled on costs workflows, a late True costs only some capacity. So the
    // thousands of labels of a fleet's first labelling do not hold up a node that just failed.
    private readonly Queue<DesiredLabel> _badNews = new();
    private readonly Queue<DesiredLabel> _goodNews = new();
    private readonly PriorityQueue<DesiredLabel, long> _delayed = new();
    private readonly SemaphoreSlim _readyCount = new(0);
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public DesiredLabels(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => ReleaseDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Labels that are wanted and not settled.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _labels.Count;
            }
        }
    }

    public void Want(string node, string uid, bool available)
    {
        lock (_lock)
        {
            if (!_labels.TryGetValue(node, out DesiredLabel? label))
            {
                label = new DesiredLabel(node);
                _labels.Add(node, label);
            }
            else if (label.IsWanted && label.Uid == uid && label.Available == available)
            {
                return;
            }

            label.Uid = uid;
            label.Available = available;
            label.IsWanted = true;
            label.Version++;
            label.Failures = 0;
            label.ReportedError = null;
            if (label.Stage == LabelStage.Delayed)
            {
                _delayed.Remove(label, out _, out _);
            }

            bool turnedBad = label.Stage == LabelStage.Ready && label.IsAmongGoodNews && !available;
            if (turnedBad || label.Stage is LabelStage.Idle or LabelStage.Delayed)
            {
                MakeReady(label);
            }
        }
    }

    /// <summary>Nothing is wanted any more. What a worker has is finished by it, and then forgotten.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach ((string node, DesiredLabel label) in _labels)
            {
                label.IsWanted = false;
                label.Version++;
                if (label.Stage != LabelStage.Busy)
                {
                    _labels.Remove(node);
                }
            }

            _badNews.Clear();
            _goodNews.Clear();
            _delayed.Clear();
        }
    }

    /// <summary>Waits until something may be ready.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _readyCount.WaitAsync(cancellation);

    public bool TryTake([NotNullWhen(true)] out DesiredLabel? label)
    {
        lock (_lock)
        {
            while (_badNews.TryDequeue(out label) || _goodNews.TryDequeue(out label))
            {
                // A label whose value turned while it waited stands in both queues; the first place counts.
                if (label.Stage == LabelStage.Ready)
                {
                    label.Stage = LabelStage.Busy;
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>What a worker should do now about the node it has; false when nothing: then the node is given back.</summary>
    public bool TryRead(DesiredLabel label, out LabelAttempt attempt)
    {
        lock (_lock)
        {
            attempt = new LabelAttempt(label.Node, label.Uid, label.Available, label.Version);
            if (!label.IsWanted)
            {
                Forget(label);
            }

            return label.IsWanted;
        }
    }

    /// <summary>The value is settled, one way or the other. True when it was still the latest.</summary>
    public bool Finish(DesiredLabel label, in LabelAttempt attempt)
    {
        lock (_lock)
        {
            return IsLatest(label, attempt) && Forget(label);
        }
    }

    /// <summary>The try failed. True when it is to be reported: the first time, and when it fails in another way.</summary>
    public bool Retry(DesiredLabel label, in LabelAttempt attempt, string error, Func<int, TimeSpan> pause)
    {
        lock (_lock)
        {
            if (!IsLatest(label, attempt))
            {
                return false;
            }

            label.Failures++;
            return Delay(label, pause(label.Failures), error);
        }
    }

    /// <summary>The value is not to be tried for a while. True when that is to be reported.</summary>
    public bool Postpone(DesiredLabel label, in LabelAttempt attempt, string why, TimeSpan pause)
    {
        lock (_lock)
        {
            return IsLatest(label, attempt) && Delay(label, pause, why);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _readyCount.Dispose();
    }

    private bool Delay(DesiredLabel label, TimeSpan pause, string why)
    {
        label.Stage = LabelStage.Delayed;
        _delayed.Enqueue(label, _time.GetTimestamp() + (long)(pause.TotalSeconds * _time.TimestampFrequency));
        Rearm();
        bool isNews = label.ReportedError != why;
        label.ReportedError = why;
        return isNews;
    }

    // Otherwise gives the node back: to nobody, or to the next worker for its newer value.
    private bool IsLatest(DesiredLabel label, in LabelAttempt attempt)
    {
        if (label.IsWanted && label.Version == attempt.Version)
        {
            return true;
        }

        if (label.IsWanted)
        {
            MakeReady(label);
        }
        else
        {
            Forget(label);
        }

        return false;
    }

    private bool Forget(DesiredLabel label)
    {
        label.IsWanted = false;
        label.Stage = LabelStage.Idle;
        return _labels.Remove(label.Node);
    }

    private void MakeReady(DesiredLabel label)
    {
        label.Stage = LabelStage.Ready;
        label.IsAmongGoodNews = label.Available;
        (label.Available ? _goodNews : _badNews).Enqueue(label);
        _readyCount.Release();
    }

    private void ReleaseDue()
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            while (_delayed.TryPeek(out DesiredLabel? label, out long dueAt) && dueAt <= now)
            {
                _delayed.Dequeue();
                MakeReady(label);
            }

            Rearm();
        }
    }

    private void Rearm()
    {
        if (_delayed.TryPeek(out _, out long dueAt))
        {
            TimeSpan wait = _time.GetElapsedTime(_time.GetTimestamp(), dueAt);
            _timer.Change(wait < TimerResolution ? TimerResolution : wait, Timeout.InfiniteTimeSpan);
        }
    }

    // A timer may fire a little early; never spin until it is due.
    private static TimeSpan TimerResolution => TimeSpan.FromMilliseconds(1);
}

/// <summary>One value for one node, as a worker saw it.</summary>
internal readonly record struct LabelAttempt(string Node, string Uid, bool Available, long Version);
