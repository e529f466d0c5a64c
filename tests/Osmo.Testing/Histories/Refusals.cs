namespace Osmo.Testing.Histories;

/// <summary>
/// Refused writes: another revision than the one that they name has to be in force at some moment of theirs. Since somebody had been
/// told of that revision before they began, that means a later one: the next that is known, or one that a write without an answer made
/// and nobody saw.
/// </summary>
internal static class Refusals
{
    /// <summary>The first refusal that nothing explains, in words; null where all are explained.</summary>
    public static string? Violation(RegisterTimeline timeline, bool isStoreKnown)
    {
        var unexplained = new List<(RegisterOperation Refused, int Span)>();
        var index = timeline.Spans.Select((span, i) => (span.State.Revision, i)).ToDictionary(item => item.Revision, item => item.i);
        foreach (var refused in timeline.Refused.Where(refused => refused.IfMatch is not null))
        {
            var at = index[refused.IfMatch!.Value];
            if (at + 1 >= timeline.Spans.Count || timeline.Spans[at + 1].Start > refused.CompletedAt)
            {
                unexplained.Add((refused, at));
            }
        }

        var unseen = isStoreKnown ? [] : timeline.Unseen.OrderBy(write => write.InvokedAt).ToList();

        // One unseen write explains all refusals of a revision that it ends, if it can come before the first of them is over. Which are
        // early enough for an earlier deadline are so for a later one: whichever is taken first, the others are left for the rest.
        foreach (var same in unexplained.GroupBy(item => item.Span).OrderBy(same => same.Min(item => item.Refused.CompletedAt)))
        {
            var first = same.MinBy(item => item.Refused.CompletedAt).Refused;
            var explanation = CanEnd(timeline, same.Key, first) ? Explanation(unseen, first) : null;
            if (explanation is null)
            {
                return $"refused without reason: {first.InWords(timeline.Origin)} was refused, but no later revision can have been in "
                    + "force by then.";
            }

            unseen.Remove(explanation);
        }

        return null;
    }

    /// <summary>Whether an unseen write may come between the reads of a revision and the refusal.</summary>
    private static bool CanEnd(RegisterTimeline timeline, int span, RegisterOperation refused)
    {
        var next = span + 1 < timeline.Spans.Count ? timeline.Spans[span + 1] : null;
        return timeline.Spans[span].End <= refused.CompletedAt && next?.Write?.IfMatch is null;
    }

    private static RegisterOperation? Explanation(List<RegisterOperation> unseen, RegisterOperation refused) =>
        unseen.Find(write => write.IfMatch == refused.IfMatch && write.InvokedAt <= refused.CompletedAt)
        ?? unseen.Find(write => write.IfMatch is null && write.InvokedAt <= refused.CompletedAt);
}
