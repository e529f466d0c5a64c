namespace Osmo.KubeSim.Storage;

/// <summary>A ring of the newest events, each with an ever growing sequence number. Not thread-safe: its owner locks.</summary>
internal sealed class EventHistory(int eventsMax)
{
    private readonly StoreEvent[] _ring = new StoreEvent[eventsMax];

    /// <summary>The sequence that the next event gets.</summary>
    public long End { get; private set; }

    public long Start => Math.Max(0, End - _ring.Length);

    public StoreEvent this[long sequence] => _ring[sequence % _ring.Length];

    /// <summary>Appends, and returns the event that fell out of the ring, if one did.</summary>
    public StoreEvent? Append(StoreEvent entry)
    {
        var evicted = End >= _ring.Length ? this[End] : null;
        _ring[End % _ring.Length] = entry;
        End++;
        return evicted;
    }

    /// <summary>The sequence of the first event with a version above <paramref name="version"/>; <see cref="End"/> if none.</summary>
    public long FirstAfter(ulong version)
    {
        var (low, high) = (Start, End);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (this[middle].Version > version)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
