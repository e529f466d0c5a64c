using System.Diagnostics.CodeAnalysis;
using Osmo.Domain.Availability;

namespace Osmo.Domain.Nodes;

/// <summary>
/// Shares condition sets: of 100,000 nodes all but a few report one of a few hundred combinations. Bounded: past
/// <see cref="SetsMax"/> it forgets what it holds, which costs sharing and nothing else. Belongs to one backend's mailbox.
/// </summary>
public sealed class ConditionSetPool
{
    /// <summary>Most sets that are held for sharing.</summary>
    public const int SetsMax = 16_384;

    private readonly HashSet<ConditionSet> _sets = new(new IdComparer());
    private readonly HashSet<ConditionSet>.AlternateLookup<ReadOnlySpan<int>> _byIds;

    /// <summary>An empty pool.</summary>
    public ConditionSetPool(ConditionTable table)
    {
        Table = table;
        _byIds = _sets.GetAlternateLookup<ReadOnlySpan<int>>();
    }

    /// <summary>Where the pairs are interned.</summary>
    public ConditionTable Table { get; }

    /// <summary>The shared set of some ids of <see cref="Table"/>.</summary>
    public ConditionSet Share(ReadOnlySpan<int> ids)
    {
        if (_byIds.TryGetValue(ids, out var known))
        {
            return known;
        }

        if (_sets.Count >= SetsMax)
        {
            _sets.Clear();
        }

        var set = new ConditionSet(Table, ids);
        _sets.Add(set);
        return set;
    }

    /// <summary>The shared set of some conditions; false where the table cannot take a new pair.</summary>
    public bool TryShare(ReadOnlySpan<ConditionPair> conditions, [NotNullWhen(true)] out ConditionSet? set)
    {
        const int StackIdsMax = 64;
        var ids = conditions.Length <= StackIdsMax ? stackalloc int[conditions.Length] : new int[conditions.Length];
        for (var i = 0; i < conditions.Length; i++)
        {
            if (!Table.TryIntern(conditions[i].Type, conditions[i].Status, out ids[i]))
            {
                set = null;
                return false;
            }
        }

        set = Share(ids);
        return true;
    }

    private sealed class IdComparer : IEqualityComparer<ConditionSet>, IAlternateEqualityComparer<ReadOnlySpan<int>, ConditionSet>
    {
        public bool Equals(ConditionSet? x, ConditionSet? y) =>
            ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.Ids, y));

        public int GetHashCode(ConditionSet obj) => GetHashCode(obj.Ids);

        public bool Equals(ReadOnlySpan<int> alternate, ConditionSet other) => alternate.SequenceEqual(other.Ids);

        public int GetHashCode(ReadOnlySpan<int> alternate)
        {
            var hash = new HashCode();
            foreach (var id in alternate)
            {
                hash.Add(id);
            }

            return hash.ToHashCode();
        }

        public ConditionSet Create(ReadOnlySpan<int> alternate) =>
            throw new NotSupportedException("Sets are made by the pool, which knows the table.");
    }
}
