namespace Osmo.Grains.Silos;

/// <summary>
/// What the members of the cluster carry, as each said last. What is placed on a silo counts here at once, before the silo can say so:
/// otherwise all that is placed between two answers would go to the same one.
/// </summary>
public sealed class SiloLoads(TimeProvider time)
{
    /// <summary>A member that has said nothing for so long is not known any more: it may hang.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<SiloAddress, Entry> _entries = [];

    /// <summary>A member says what it carries.</summary>
    public void Learn(SiloAddress silo, SiloLoad load)
    {
        lock (_gate)
        {
            // What was placed before the last answer but one is in this one; a backend that still loads is not.
            var placed = _entries.TryGetValue(silo, out var known) ? known.Placed : 0;
            _entries[silo] = new Entry(load, time.GetTimestamp(), Placed: 0, PlacedBefore: placed);
        }
    }

    /// <summary>Forgets every member that is not among these.</summary>
    public void Keep(IReadOnlyCollection<SiloAddress> members)
    {
        lock (_gate)
        {
            foreach (var gone in _entries.Keys.Where(silo => !members.Contains(silo)).ToArray())
            {
                _entries.Remove(gone);
            }
        }
    }

    /// <summary>What a member carries; null if it has not said so lately.</summary>
    public SiloLoad? Find(SiloAddress silo)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(silo, out var entry) && IsFresh(entry) ? entry.Load : null;
        }
    }

    /// <summary>The silo that carries least of those that take backends; null if it is known of none.</summary>
    public SiloAddress? FindLightest(IReadOnlyCollection<SiloAddress> silos)
    {
        lock (_gate)
        {
            var typical = TypicalWeight();
            var (lightest, least) = ((SiloAddress?)null, long.MaxValue);
            foreach (var silo in silos)
            {
                if (_entries.TryGetValue(silo, out var entry) && IsFresh(entry) && entry.Load.TakesBackends
                    && entry.Weight(typical) is var weight && (weight < least || (weight == least && silo.CompareTo(lightest) < 0)))
                {
                    (lightest, least) = (silo, weight);
                }
            }

            return lightest;
        }
    }

    /// <summary>A backend is placed on a silo.</summary>
    public void Place(SiloAddress silo)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(silo, out var entry))
            {
                _entries[silo] = entry with { Placed = entry.Placed + 1 };
            }
        }
    }

    /// <summary>What a backend weighs on average: that is what is assumed of one that is placed.</summary>
    private long TypicalWeight()
    {
        var backends = _entries.Values.Sum(entry => (long)entry.Load.Backends);
        return backends == 0 ? SiloLoad.BackendWeight : _entries.Values.Sum(entry => entry.Load.Weight) / backends;
    }

    private bool IsFresh(Entry entry) => time.GetElapsedTime(entry.LearnedAt) < Freshness;

    private readonly record struct Entry(SiloLoad Load, long LearnedAt, int Placed, int PlacedBefore)
    {
        public long Weight(long typical) => Load.Weight + ((Placed + PlacedBefore) * typical);
    }
}
