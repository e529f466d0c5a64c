using Orleans.Runtime.Placement;
using Osmo.Grains.Placement;

namespace Osmo.Silo.Placement;

/// <inheritdoc cref="OnSiloAttribute"/>
internal sealed class OnSiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var wanted = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(wanted)
            ? Task.FromResult(wanted)
            : throw new SiloUnavailableException($"Member {wanted} is gone.");
    }
}
