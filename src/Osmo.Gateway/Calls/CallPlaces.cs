using Osmo.Domain.Backends;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Calls;

/// <summary>Counts the calls under way from this process for each backend, so that a slow one takes its share and no more.</summary>
internal sealed class CallPlaces(int callsPerBackendMax)
{
    /// <summary>Many more places than backends have calls under way at a time, so that two of them hardly ever share one.</summary>
    private const int PlacesCount = 16_384;

    private readonly int[] _underWay = new int[PlacesCount];

    /// <summary>Where the calls of a backend are counted.</summary>
    public static int Of(BackendName backend) => (int)((uint)backend.GetHashCode() % PlacesCount);

    /// <summary>Counts another call; false if there are too many already.</summary>
    public bool TryEnter(int place)
    {
        if (Interlocked.Increment(ref _underWay[place]) <= callsPerBackendMax)
        {
            return true;
        }

        Leave(place);
        return false;
    }

    public void Leave(int place) => Interlocked.Decrement(ref _underWay[place]);

    /// <summary>The failure of a call that found no place.</summary>
    public OsmoException Full() => new(
        ErrorCode.Unavailable, $"{callsPerBackendMax} calls of this process wait for this backend already.");
}
