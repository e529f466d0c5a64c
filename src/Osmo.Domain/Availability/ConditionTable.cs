namespace Osmo.Domain.Availability;

/// <summary>One interned pair.</summary>
/// <param name="Type">The condition's type.</param>
/// <param name="Status">The condition's status.</param>
public readonly record struct ConditionPair(string Type, string Status);

/// <summary>
/// Interns (type, status) pairs to small ids, 0, 1, 2 and so on, never reused. A fleet of 100,000 nodes reports a few dozen
/// distinct pairs, so a node's conditions become a few integers.
/// </summary>
/// <remarks>
/// One writer at a time: <see cref="Intern"/>, <see cref="TryIntern"/> and <see cref="TryFind"/> belong to the owner (a backend's
/// mailbox). <see cref="View"/> may be read by anybody at any time. The table is append-only and never grows past
/// <see cref="PairsMax"/>; when it is full, the owner builds a smaller one with <see cref="KeepOnly"/> from the ids that its nodes
/// still use, or refuses the node that brought the new pair.
/// </remarks>
public sealed class ConditionTable
{
    /// <summary>The default of <see cref="PairsMax"/>: far above any real fleet, small enough that hostile types cost a few MB.</summary>
    public const int PairsMaxDefault = 16_384;

    private const int InitialCapacity = 64;

    private readonly Dictionary<ConditionPair, int> _ids = [];
    private volatile ConditionView _view = new(new ConditionPair[InitialCapacity], 0);

    /// <summary>Creates an empty table.</summary>
    /// <param name="pairsMax">Most pairs it will hold; at least 1.</param>
    public ConditionTable(int pairsMax = PairsMaxDefault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pairsMax, 1);
        PairsMax = pairsMax;
    }

    /// <summary>Most pairs that this table will hold.</summary>
    public int PairsMax { get; }

    /// <summary>Number of pairs interned so far; ids are below it.</summary>
    public int Count => _view.Count;

    /// <summary>What is interned now, as an immutable value for readers on other threads.</summary>
    public ConditionView View => _view;

    /// <summary>The pair of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id was not given out by this table.</exception>
    public ConditionPair Get(int id) => _view[id];

    /// <summary>Looks a pair up without interning it. Allocates nothing.</summary>
    public bool TryFind(string type, string status, out int id) => _ids.TryGetValue(new(type, status), out id);

    /// <summary>The id of a pair, interned when it is new. Allocates nothing for a known pair.</summary>
    /// <exception cref="ConditionTableFullException">The pair is new and the table holds <see cref="PairsMax"/> pairs.</exception>
    public int Intern(string type, string status) =>
        TryIntern(type, status, out var id) ? id : throw new ConditionTableFullException(PairsMax);

    /// <summary>Like <see cref="Intern"/>, but answers false where the table is full.</summary>
    public bool TryIntern(string type, string status, out int id)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(status);

        if (TryFind(type, status, out id))
        {
            return true;
        }

        if (_view.Count == PairsMax)
        {
            id = -1;
            return false;
        }

        id = Append(new(type, status));
        return true;
    }

    /// <summary>A new table that holds only the pairs still in use, in their old order.</summary>
    /// <param name="liveIds">Ids of this table that are in use; repeats are fine.</param>
    /// <param name="pairsMax">Most pairs that the new table will hold; not less than those in use.</param>
    /// <param name="newIds">Indexed by old id: the id in the new table, or -1 where the pair was dropped.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id was not given out by this table.</exception>
    public ConditionTable KeepOnly(IEnumerable<int> liveIds, int pairsMax, out int[] newIds)
    {
        ArgumentNullException.ThrowIfNull(liveIds);

        var view = _view;
        newIds = new int[view.Count];
        Array.Fill(newIds, -1);
        foreach (var id in liveIds)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)view.Count, nameof(liveIds));
            newIds[id] = id;
        }

        var kept = new ConditionTable(pairsMax);
        for (var id = 0; id < newIds.Length; id++)
        {
            if (newIds[id] >= 0)
            {
                newIds[id] = kept.Append(view[id]);
            }
        }

        return kept;
    }

    private int Append(ConditionPair pair)
    {
        var view = _view;
        var pairs = view.Pairs;
        if (view.Count == pairs.Length)
        {
            Array.Resize(ref pairs, pairs.Length * 2);
        }

        // Older views share the array but never look past their own count; the volatile write publishes the new slot.
        pairs[view.Count] = pair;
        _ids.Add(pair, view.Count);
        _view = new ConditionView(pairs, view.Count + 1);
        return view.Count;
    }
}
