using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Osmo.Silo.Orleans.Events;

/// <summary>Places a grain on the silo that its key names, and nowhere else.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnSiloAttribute() : PlacementAttribute(new OnSiloPlacement());

/// <inheritdoc cref="OnSiloAttribute"/>
[GenerateSerializer]
[Immutable]
internal sealed class OnSiloPlacement : PlacementStrategy;

/// <inheritdoc cref="OnSiloAttribute"/>
internal sealed class OnSiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var wanted = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(wanted)
            ? Task.FromResult(wanted)
            : throw new SiloUnavailableException($"Silo {wanted} is gone.");
    }
}
