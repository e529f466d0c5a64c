using System.Collections.Concurrent;
using Orleans.Runtime.Placement;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Placement;

namespace Osmo.Silo.Placement;

/// <inheritdoc cref="WithBackendPlacementAttribute"/>
internal sealed class WithBackendPlacementDirector(ActiveBackends active, IGrainFactory grains) : IPlacementDirector
{
    private readonly ConcurrentDictionary<string, Task<BackendPlacement>> _asked = new(StringComparer.Ordinal);
    /// <summary>
    /// The backend may be ending where it is, and waiting for a node that this is about: it must not wait for long.
    /// </summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    private Task<SiloAddress>? _here;

    /// <summary>
    /// New rules wake a hundred thousand nodes at once, all of them from where the backend is: for these nothing is asked and nothing
    /// waited for.
    /// </summary>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var backend = NodeKey.BackendOf(target.GrainIdentity.Key.ToString()!);
        return active.Has(backend) ? _here ??= Task.FromResult(context.LocalSilo) : AskAsync(backend, target, context);
    }

    private async Task<SiloAddress> AskAsync(string backend, PlacementTarget target, IPlacementContext context)
    {
        var placement = await _asked.GetOrAdd(backend, AskAsync).ConfigureAwait(false);
        var silo = SiloAddress.FromParsableString(placement.Address);
        return context.GetCompatibleSilos(target).Contains(silo)
            ? silo
            : throw new SiloUnavailableException($"The silo of backend {backend} ({placement.Silo}) is gone.");
    }

    /// <summary>Once for all nodes of it that are placed at the moment.</summary>
    private async Task<BackendPlacement> AskAsync(string backend)
    {
        await Task.Yield();
        try
        {
            return await grains.GetGrain<IBackendGrain>(backend).PingAsync().AsTask().WaitAsync(AnswerTime).ConfigureAwait(false);
        }
        finally
        {
            _asked.TryRemove(backend, out _);
        }
    }
}
