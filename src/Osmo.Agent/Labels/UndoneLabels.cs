using System.Globalization;

namespace Osmo.Agent;

/// <summary>
/// Notices labels that something else changes back. The first repair is made at once, for somebody may have edited the label by hand;
/// every further one waits longer, so that two who want different things do not patch against each other as fast as they can. A label that
/// has stayed for <see cref="CalmTime"/> begins anew. Outlives connections; safe for several threads.
/// </summary>
internal sealed class UndoneLabels(TimeProvider time)
{
    /// <summary>A label that was changed back after so long was not changed back because we set it.</summary>
    public static readonly TimeSpan CalmTime = TimeSpan.FromMinutes(5);

    private const int PruneNodesMin = 1_024;

    // What is left of a pause when its timer fires may be a rounding.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan PauseFirst = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(5);

    // A label may wait for its next patch, and then stay for the time that makes it calm.
    private static readonly TimeSpan ForgetTime = CalmTime + PauseMax + CalmTime;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, PatchedLabel> _patched = new(StringComparer.Ordinal);
    private readonly JitteredBackoff _backoff = new(PauseFirst, PauseMax);
    private int _pruneAt = PruneNodesMin;

    /// <summary>Labels that are remembered: those that were patched lately.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _patched.Count;
            }
        }
    }

    /// <summary>A patch is about to be sent. Where its answer is lost nobody knows what the node carries, and nothing was undone.</summary>
    public void Patching(in LabelAttempt attempt)
    {
        lock (_lock)
        {
            if (_patched.TryGetValue(attempt.Node, out PatchedLabel? label) && label.Uid == attempt.Uid)
            {
                (label.Available, label.IsUndone, label.Pause) = (attempt.Available, true, TimeSpan.Zero);
            }
        }
    }

    /// <summary>A patch went through.</summary>
    public void Patched(in LabelAttempt attempt)
    {
        lock (_lock)
        {
            if (!_patched.TryGetValue(attempt.Node, out PatchedLabel? label) || label.Uid != attempt.Uid)
            {
                Prune();
                _patched[attempt.Node] = label = new PatchedLabel(attempt.Uid);
            }

            label.Available = attempt.Available;
            label.At = time.GetTimestamp();
            label.IsUndone = false;
        }
    }

    /// <summary>A node does not carry what it should: whether that was patched, and is to wait because it was undone again.</summary>
    /// <returns>Null if it is to be patched now.</returns>
    public Undoing? Find(in LabelAttempt attempt)
    {
        lock (_lock)
        {
            if (!_patched.TryGetValue(attempt.Node, out PatchedLabel? label)
                || label.Uid != attempt.Uid || label.Available != attempt.Available)
            {
                return null;
            }

            if (!label.IsUndone)
            {
                NoteUndone(label);
            }

            TimeSpan left = label.Pause - time.GetElapsedTime(label.UndoneAt);
            return left >= ShortestPause
                ? new Undoing(label.Times, time.GetElapsedTime(label.Since), left, label.By, label.IsAsked)
                : null;
        }
    }

    /// <summary>Keeps what was found of who undoes a label, so that it is asked once.</summary>
    /// <param name="attempt">The label.</param>
    /// <param name="by">Who; null if that is not known.</param>
    public void Name(in LabelAttempt attempt, string? by)
    {
        lock (_lock)
        {
            if (_patched.TryGetValue(attempt.Node, out PatchedLabel? label))
            {
                (label.By, label.IsAsked) = (by, true);
            }
        }
    }

    private void NoteUndone(PatchedLabel label)
    {
        label.IsUndone = true;
        label.UndoneAt = time.GetTimestamp();
        if (label.Times == 0 || time.GetElapsedTime(label.At) >= CalmTime)
        {
            (label.Times, label.Since, label.By, label.IsAsked) = (0, label.UndoneAt, null, false);
        }

        label.Times++;
        label.Pause = label.Times == 1 ? TimeSpan.Zero : _backoff.Pause(label.Times - 1);
    }

    /// <summary>Forgets what was patched long ago, each time that the number has doubled.</summary>
    private void Prune()
    {
        if (_patched.Count < _pruneAt)
        {
            return;
        }

        foreach ((string node, PatchedLabel label) in _patched)
        {
            if (time.GetElapsedTime(label.At) > ForgetTime)
            {
                _patched.Remove(node);
            }
        }

        _pruneAt = Math.Max(PruneNodesMin, 2 * _patched.Count);
    }

    /// <summary>A label as it was patched last. Guarded by the lock.</summary>
    private sealed class PatchedLabel(string uid)
    {
        public string Uid => uid;

        public bool Available { get; set; }

        public long At { get; set; }

        /// <summary>Whether it was found changed since.</summary>
        public bool IsUndone { get; set; }

        public long UndoneAt { get; set; }

        /// <summary>How long it is left alone after that.</summary>
        public TimeSpan Pause { get; set; }

        /// <summary>How often it was undone, since when.</summary>
        public int Times { get; set; }

        public long Since { get; set; }

        public string? By { get; set; }

        public bool IsAsked { get; set; }
    }
}

/// <summary>A label that something else has changed back more than once.</summary>
/// <param name="Times">How often.</param>
/// <param name="Within">In which time.</param>
/// <param name="Pause">How long it is left alone from now on.</param>
/// <param name="By">Who does it; null if that is not known.</param>
/// <param name="IsAsked">Whether it was asked who does it.</param>
internal readonly record struct Undoing(int Times, TimeSpan Within, TimeSpan Pause, string? By, bool IsAsked)
{
    /// <summary>The same in words, for the node's explanation.</summary>
    public string Words(string labelKey)
    {
        string by = By is null ? "" : $" by {By} (says managedFields)";
        string within = Amount(Within);
        return $"Something changes {labelKey} back after each patch: {Times} times in {within}{by}. The next patch waits {Amount(Pause)}.";
    }

    private static string Amount(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Math.Ceiling(time.TotalSeconds < 120 ? time.TotalSeconds : time.TotalMinutes)} {(time.TotalSeconds < 120 ? "s" : "min")}");
}
