using Orleans.Runtime.Placement;
using Osmo.Grains.Placement;
using Osmo.Grains.Silos;

namespace Osmo.Silo.Placement;

/// <inheritdoc cref="BackendPlacementAttribute"/>
internal sealed class BackendPlacementDirector(SiloLoads loads) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        var place = IPlacementDirector.GetPlacementHint(target.RequestContextData, silos)
            ?? loads.FindLightest(silos)
            ?? ByName(target.GrainIdentity, silos);
        loads.Place(place);
        return Task.FromResult(place);
    }

    /// <summary>If nothing is known, all that place the same backend choose the same silo.</summary>
    private SiloAddress ByName(GrainId grain, SiloAddress[] silos)
    {
        var staying = Array.FindAll(silos, silo => loads.Find(silo) is not { Draining: true });
        var candidates = staying.Length > 0 ? staying : silos;
        return candidates.Order().ElementAt((int)(grain.GetUniformHashCode() % (uint)candidates.Length));
    }
}
