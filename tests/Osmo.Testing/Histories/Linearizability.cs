namespace Osmo.Testing.Histories;

/// <summary>
/// Decides whether a history of a register with revisions is linearizable: whether every operation can be given one moment between its
/// invocation and its completion so that, in the order of those moments, each answer is what a single register would have said.
/// </summary>
/// <remarks>
/// In general that takes a search (Wing and Gong's). Here revisions are the order: writes have to take effect in the order of their
/// revisions, a read between the write of its revision and the next one. So each operation gets the earliest moment that its invocation
/// and its predecessors allow; all other constraints are upper bounds, so when the earliest moments break one, every choice does. What
/// is left to choose is where writes without an answer that nobody saw the value of explain refusals (<see cref="Refusals"/>). A unit
/// test compares the verdicts with those of the search.
/// </remarks>
public static class Linearizability
{
    /// <summary>Why no order explains the history, in words; null where one does.</summary>
    /// <param name="initial">What was in force before the first operation.</param>
    /// <param name="operations">The operations, in any order. Reads that were not answered have to be left out.</param>
    /// <param name="stored">Every revision that the store has after all of them, oldest first; null where that is not known.</param>
    /// <exception cref="ArgumentException">This is no history: a value was written twice, or a condition names a revision that nobody
    /// had been told of.</exception>
    public static string? Violation(
        RegisterState initial, IReadOnlyCollection<RegisterOperation> operations, IReadOnlyList<RegisterState>? stored = null)
    {
        var origin = operations.Count == 0 ? 0 : operations.Min(operation => operation.InvokedAt);
        var timeline = new RegisterTimeline(initial, operations, origin);
        return (stored is null ? null : timeline.TakeStored(stored))
            ?? timeline.TakeAnswers()
            ?? timeline.CheckConditions()
            ?? Place(timeline)
            ?? Refusals.Violation(timeline, isStoreKnown: stored is not null);
    }

    /// <summary>Gives every write and read its earliest moment.</summary>
    private static string? Place(RegisterTimeline timeline)
    {
        var earliest = long.MinValue;
        RegisterOperation? after = null;
        foreach (var span in timeline.Spans)
        {
            if (span.Write is { } write)
            {
                Delay(write);
                if (earliest > write.Deadline)
                {
                    return Disorder(write, after!, timeline.Origin);
                }
            }

            span.Start = earliest;
            var (start, starter) = (earliest, after);
            foreach (var read in span.Reads)
            {
                if (start > read.CompletedAt)
                {
                    return Disorder(read, starter!, timeline.Origin);
                }

                Delay(read);
            }

            span.End = earliest;
        }

        return null;

        void Delay(RegisterOperation operation)
        {
            if (operation.InvokedAt > earliest)
            {
                (earliest, after) = (operation.InvokedAt, operation);
            }
        }
    }

    /// <summary>One operation was over before another began that has to come before it.</summary>
    private static string Disorder(RegisterOperation early, RegisterOperation late, long origin)
    {
        var facts = $"{early.InWords(origin)} was over before {late.InWords(origin)} began";
        return (early.Action, late.Action) switch
        {
            (RegisterAction.Read, RegisterAction.Write) when early.Value == late.Value => $"read before it was written: {facts}.",
            (_, RegisterAction.Read) => $"stale read: {facts}, and yet the later one was answered with an older revision.",
            _ => $"reordered: {facts}, and yet the revision of the later one is the lower.",
        };
    }
}
