namespace Osmo.Gateway.Agents.Channel;

/// <summary>
/// The batches under way, in the order in which the agent sent them. They may become durable in any order; one is acknowledged when all up
/// to it are.
/// </summary>
internal sealed class BatchOrder
{
    private readonly Queue<Place> _underWay = new();

    /// <summary>Takes the next batch up.</summary>
    public Place Add(ulong sequence)
    {
        var place = new Place(sequence);
        _underWay.Enqueue(place);
        return place;
    }

    /// <summary>A batch is durable.</summary>
    /// <returns>The last batch up to which all are; null if that is none more than before.</returns>
    public ulong? Finish(Place place)
    {
        place.IsDurable = true;
        ulong? last = null;
        while (_underWay.TryPeek(out var oldest) && oldest.IsDurable)
        {
            last = oldest.Sequence;
            _underWay.Dequeue();
        }

        return last;
    }

    /// <summary>A batch's place in the order.</summary>
    internal sealed class Place(ulong sequence)
    {
        public ulong Sequence => sequence;

        public bool IsDurable { get; set; }
    }
}
