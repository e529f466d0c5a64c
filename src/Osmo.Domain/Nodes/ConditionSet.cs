using Osmo.Domain.Availability;

namespace Osmo.Domain.Nodes;

/// <summary>The conditions of a node as ids of a table; shared by every node that reports the same. Immutable.</summary>
public sealed class ConditionSet
{
    private readonly int[] _ids;

    internal ConditionSet(ConditionTable table, ReadOnlySpan<int> ids)
    {
        Table = table;
        _ids = ids.ToArray();
    }

    /// <summary>The table that the ids belong to.</summary>
    public ConditionTable Table { get; }

    /// <summary>The ids, in the node's order.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>The conditions, in the node's order.</summary>
    public ConditionPair[] ToPairs()
    {
        var view = Table.View;
        return Array.ConvertAll(_ids, id => view[id]);
    }

    /// <summary>Whether these are the conditions that a report names, in its order.</summary>
    public bool Matches(ReadOnlySpan<ConditionPair> conditions)
    {
        if (conditions.Length != _ids.Length)
        {
            return false;
        }

        var view = Table.View;
        for (var i = 0; i < _ids.Length; i++)
        {
            if (view[_ids[i]] != conditions[i])
            {
                return false;
            }
        }

        return true;
    }
}
