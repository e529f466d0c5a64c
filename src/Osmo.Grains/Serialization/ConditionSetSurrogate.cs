using Orleans.Serialization.Cloning;
using Osmo.Domain.Availability;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>Conditions of nodes on their way to another silo: as pairs, because ids mean something to their own table only.</summary>
[GenerateSerializer]
[Alias("osmo.condition-set.surrogate")]
internal struct ConditionSetSurrogate
{
    /// <summary>Type and status of each, in the node's order.</summary>
    [Id(0)]
    public string[] Pairs;
}

/// <summary>Takes sets of conditions to other silos. Sets that arrive belong to a table that nobody else adds to.</summary>
[RegisterConverter]
internal sealed class ConditionSetConverter : IConverter<ConditionSet, ConditionSetSurrogate>
{
    private readonly Lock _gate = new();
    private ConditionSetPool _pool = new(new ConditionTable());

    /// <inheritdoc/>
    public ConditionSet ConvertFromSurrogate(in ConditionSetSurrogate surrogate)
    {
        var pairs = new ConditionPair[surrogate.Pairs.Length / 2];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = new ConditionPair(surrogate.Pairs[2 * i], surrogate.Pairs[(2 * i) + 1]);
        }

        lock (_gate)
        {
            if (_pool.TryShare(pairs, out var set))
            {
                return set;
            }

            // The table is full. Sets that are in use keep it; the next ones share another.
            _pool = new ConditionSetPool(new ConditionTable(Math.Max(ConditionTable.PairsMaxDefault, pairs.Length)));
            return _pool.TryShare(pairs, out set) ? set : throw new ConditionTableFullException(_pool.Table.PairsMax);
        }
    }

    /// <inheritdoc/>
    public ConditionSetSurrogate ConvertToSurrogate(in ConditionSet value)
    {
        var ids = value.Ids;
        var view = value.Table.View;
        var pairs = new string[ids.Length * 2];
        for (var i = 0; i < ids.Length; i++)
        {
            (pairs[2 * i], pairs[(2 * i) + 1]) = view[ids[i]];
        }

        return new() { Pairs = pairs };
    }
}

/// <summary>Sets are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class ConditionSetCopier : ShallowCopier<ConditionSet>;
