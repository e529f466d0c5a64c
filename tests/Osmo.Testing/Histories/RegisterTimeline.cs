namespace Osmo.Testing.Histories;

/// <summary>The time in which one revision is in force.</summary>
internal sealed class RevisionSpan(RegisterState state, RegisterOperation? write)
{
    public RegisterState State => state;

    /// <summary>The write that it begins with; null for the initial one.</summary>
    public RegisterOperation? Write => write;

    public List<RegisterOperation> Reads { get; } = [];

    /// <summary>The earliest moment of the write.</summary>
    public long Start { get; set; }

    /// <summary>The earliest moment at which all the reads can be over.</summary>
    public long End { get; set; }
}

/// <summary>Which revision stands for which write, as far as anybody saw: from the store, from acknowledgements, from reads.</summary>
internal sealed class RegisterTimeline
{
    private readonly IReadOnlyCollection<RegisterOperation> _operations;
    private readonly RegisterState _initial;
    private readonly Dictionary<string, RegisterOperation> _writes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _revisionOf = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, RevisionSpan> _spans = [];
    private bool _isComplete;

    public RegisterTimeline(RegisterState initial, IReadOnlyCollection<RegisterOperation> operations, long origin)
    {
        Origin = origin;
        _initial = initial;
        _operations = operations;
        _spans.Add(initial.Revision, new RevisionSpan(initial, null));
        foreach (var write in operations.Where(operation => operation.Action == RegisterAction.Write))
        {
            if (write.Value == initial.Value || !_writes.TryAdd(write.Value, write))
            {
                throw new ArgumentException($"\"{write.Value}\" is written twice: values have to be unique.", nameof(operations));
            }
        }
    }

    public long Origin { get; }

    /// <summary>The revisions that are known, in their order.</summary>
    public IReadOnlyList<RevisionSpan> Spans { get; private set; } = [];

    public IEnumerable<RegisterOperation> Refused => _writes.Values.Where(write => write.Outcome == RegisterOutcome.Refused);

    /// <summary>Writes without an answer of which nobody saw that they had an effect.</summary>
    public IEnumerable<RegisterOperation> Unseen =>
        _writes.Values.Where(write => write.Outcome == RegisterOutcome.Unknown && !_revisionOf.ContainsKey(write.Value));

    /// <summary>Takes what the store has. It has everything, so that what it lacks never was.</summary>
    public string? TakeStored(IReadOnlyList<RegisterState> stored)
    {
        foreach (var state in stored.Where(state => state.Revision > _initial.Revision))
        {
            if (Take(state, "the store holds it") is { } violation)
            {
                return violation;
            }
        }

        _isComplete = true;
        return null;
    }

    /// <summary>Takes what was acknowledged and read.</summary>
    public string? TakeAnswers()
    {
        foreach (var write in _writes.Values.Where(write => write.Outcome == RegisterOutcome.Ok))
        {
            if (Take(new RegisterState(write.Revision, write.Value), "it was acknowledged") is { } violation)
            {
                return violation;
            }
        }

        foreach (var read in _operations.Where(operation => operation.Action == RegisterAction.Read))
        {
            if (Take(new RegisterState(read.Revision, read.Value), read.InWords(Origin)) is { } violation)
            {
                return violation;
            }

            _spans[read.Revision].Reads.Add(read);
        }

        Spans = [.. _spans.Values];
        return null;
    }

    /// <summary>A conditional write follows the revision that it names, and whoever names one was told of it.</summary>
    public string? CheckConditions()
    {
        foreach (var (before, span) in Spans.Zip(Spans.Skip(1)))
        {
            if (span.Write is { IfMatch: { } condition } write && condition != before.State.Revision)
            {
                return $"condition ignored: {write.InWords(Origin)} has revision {span.State.Revision}, but the one before is "
                    + $"{before.State.Revision}.";
            }
        }

        var told = ToldAt();
        return _writes.Values.FirstOrDefault(write =>
            write.IfMatch is { } condition && !(told.TryGetValue(condition, out var at) && at <= write.InvokedAt)) is { } guess
            ? throw new ArgumentException($"{guess.InWords(Origin)} names a revision that nobody had been told of before.")
            : null;
    }

    /// <summary>Notes that a value was in force at a revision.</summary>
    private string? Take(RegisterState state, string how)
    {
        if (_spans.TryGetValue(state.Revision, out var known))
        {
            return known.State.Value == state.Value
                ? null
                : $"revision used twice: {state.Revision} is \"{known.State.Value}\", and also \"{state.Value}\" ({how}).";
        }

        if (!_writes.TryGetValue(state.Value, out var write))
        {
            return $"value from nowhere: \"{state.Value}\" at revision {state.Revision} was never written ({how}).";
        }

        if (write.Outcome == RegisterOutcome.Refused)
        {
            return $"refused and yet applied: {write.InWords(Origin)} is revision {state.Revision} ({how}).";
        }

        if (!_revisionOf.TryAdd(state.Value, state.Revision))
        {
            return $"applied twice: {write.InWords(Origin)} is revision {_revisionOf[state.Value]}, and also {state.Revision} ({how}).";
        }

        if (state.Revision < _initial.Revision)
        {
            return $"revision from the past: {write.InWords(Origin)} is revision {state.Revision}, but {_initial.Revision} was in force "
                + "before it began.";
        }

        if (_isComplete)
        {
            return $"lost: {write.InWords(Origin)} was in force at revision {state.Revision} ({how}), and the store does not have it.";
        }

        _spans.Add(state.Revision, new RevisionSpan(state, write));
        return null;
    }

    /// <summary>When somebody was first told of each revision.</summary>
    private Dictionary<long, long> ToldAt()
    {
        var told = new Dictionary<long, long> { [_initial.Revision] = long.MinValue };
        foreach (var operation in _operations.Where(operation => operation.Outcome == RegisterOutcome.Ok))
        {
            told[operation.Revision] = Math.Min(told.GetValueOrDefault(operation.Revision, long.MaxValue), operation.CompletedAt);
        }

        return told;
    }
}
