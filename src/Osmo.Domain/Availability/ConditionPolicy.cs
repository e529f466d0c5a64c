namespace Osmo.Domain.Availability;

/// <summary>
/// Rules compiled against a table: one byte per interned pair says whether the pair makes a node unavailable, so that judging a
/// node is a loop over a few bytes.
/// </summary>
/// <remarks>
/// Any thread may evaluate, without waiting for another unless it meets a new pair. Pairs interned after the policy was compiled
/// are judged when they are first met; verdicts of the older ones stand, as the table is append-only.
/// </remarks>
public sealed class ConditionPolicy
{
    private readonly ConditionTable _table;
    private readonly Lock _extending = new();
    private volatile byte[] _blocks;

    /// <summary>Compiles rules against what the table holds now.</summary>
    public ConditionPolicy(NodeConditionRules rules, ConditionTable table)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(table);

        Rules = rules;
        _table = table;
        _blocks = Compile([], table.View);
    }

    /// <summary>The rules that were compiled.</summary>
    public NodeConditionRules Rules { get; }

    /// <summary>Whether a node may be scheduled on. Allocates nothing unless it meets a pair newer than any met before.</summary>
    /// <param name="conditionIds">The node's conditions, as ids of the table this policy was compiled against.</param>
    /// <param name="unschedulable">The node's <c>spec.unschedulable</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id was not given out by the table.</exception>
    public bool IsAvailable(ReadOnlySpan<int> conditionIds, bool unschedulable)
    {
        var blocks = _blocks;
        uint blocked = unschedulable ? 1u : 0u;
        foreach (var id in conditionIds)
        {
            // Compared like this, the comparison is the array's own bounds check.
            if ((uint)id >= (uint)blocks.Length)
            {
                Extend(conditionIds);
                return IsAvailable(conditionIds, unschedulable);
            }

            // No early exit: healthy nodes are the rule, and a branch per condition would only add mispredictions.
            blocked |= blocks[id];
        }

        return blocked == 0;
    }

    /// <summary>The verdict with its reasons, in the node's own order of conditions. Allocates; for people, not for the hot path.</summary>
    /// <param name="conditionIds">The node's conditions, as ids of the table this policy was compiled against.</param>
    /// <param name="unschedulable">The node's <c>spec.unschedulable</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id was not given out by the table.</exception>
    public NodeVerdict Explain(ReadOnlySpan<int> conditionIds, bool unschedulable)
    {
        var view = _table.View;
        var conditions = new ConditionPair[conditionIds.Length];
        for (var i = 0; i < conditions.Length; i++)
        {
            conditions[i] = view[conditionIds[i]];
        }

        return Rules.Explain(conditions, unschedulable);
    }

    private void Extend(ReadOnlySpan<int> conditionIds)
    {
        var view = _table.View;
        foreach (var id in conditionIds)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)view.Count, nameof(conditionIds));
        }

        // One at a time, so that the verdicts only ever grow.
        lock (_extending)
        {
            _blocks = Compile(_blocks, view);
        }
    }

    private byte[] Compile(byte[] known, ConditionView view)
    {
        var blocks = new byte[Math.Max(known.Length, view.Count)];
        known.CopyTo(blocks, 0);
        for (var id = known.Length; id < blocks.Length; id++)
        {
            var (type, status) = view[id];
            blocks[id] = Rules.Classify(type, status).IsMetBy(status) ? (byte)0 : (byte)1;
        }

        return blocks;
    }
}
