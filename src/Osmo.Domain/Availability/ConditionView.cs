namespace Osmo.Domain.Availability;

/// <summary>What a <see cref="ConditionTable"/> held at one moment. Immutable: safe to read from any thread.</summary>
public sealed class ConditionView
{
    internal ConditionView(ConditionPair[] pairs, int count)
    {
        Pairs = pairs;
        Count = count;
    }

    /// <summary>Number of pairs; ids are below it.</summary>
    public int Count { get; }

    internal ConditionPair[] Pairs { get; }

    /// <summary>The pair of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id was not given out when this view was taken.</exception>
    public ConditionPair this[int id]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)Count, nameof(id));
            return Pairs[id];
        }
    }
}
