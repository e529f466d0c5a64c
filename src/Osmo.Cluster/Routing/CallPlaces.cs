using Osmo.Grains.Backends;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Routing;

/// <summary>Counts the calls under way from this process for each backend, so that a slow one takes its share and no more.</summary>
internal sealed class CallPlaces(ClusterRoutingOptions options)
{
    /// <summary>Many more places than backends have calls under way at a time, so that two of them hardly ever share one.</summary>
    private const int PlacesCount = 16_384;

    private readonly int[] _underWay = new int[PlacesCount];

    /// <summary>Where the calls of a backend are counted.</summary>
    public static int Of(BackendName backend) => (int)((uint)backend.GetHashCode() % PlacesCount);

    /// <exception cref="OsmoException">There are too many already (<see cref="ErrorCode.Unavailable"/>).</exception>
    public void Enter(int place)
    {
        if (Interlocked.Increment(ref _underWay[place]) > options.CallsPerBackendMax)
        {
            Leave(place);
            throw new OsmoException(
                ErrorCode.Unavailable, $"{options.CallsPerBackendMax} calls of this process wait for this backend already.");
        }
    }

    public void Leave(int place) => Interlocked.Decrement(ref _underWay[place]);
}
