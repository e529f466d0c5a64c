using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;

namespace Osmo.Engine.Contract.Rigs;

/// <summary>
/// The ownership of a silo that a test lets believe: what it owned when it was told to, it claims from then on, and its grains run on,
/// as in a process that was paused before it learnt otherwise. What the store says it hears as ever.
/// </summary>
public sealed class FirmBelief
{
    private readonly ConcurrentDictionary<BackendName, ShardEpoch> _believed = [];
    private IOwnership? _usual;

    /// <summary>Goes on claiming a backend under the right that the silo has now.</summary>
    /// <exception cref="Osmo.Grains.Errors.OsmoException">It has none.</exception>
    public void Keep(BackendName backend) => _believed[backend] = _usual!.Claim(backend)!.Value;

    /// <summary>Puts the belief before the ownership of a host, which must be there already.</summary>
    public void PutBefore(IServiceCollection services)
    {
        services.MoveUnder<IOwnership>("before belief");
        services.AddSingleton<IOwnership>(provider =>
        {
            _usual = provider.GetRequiredKeyedService<IOwnership>("before belief");
            return new Believing(_usual, _believed);
        });
        services.MoveUnder<IActivationHost>("before belief");
        services.AddSingleton<IActivationHost>(
            provider => new Keeping(provider.GetRequiredKeyedService<IActivationHost>("before belief"), _believed));
    }

    private sealed class Believing(IOwnership usual, ConcurrentDictionary<BackendName, ShardEpoch> believed) : IOwnership
    {
        public ShardEpoch? Claim(BackendName backend) => believed.TryGetValue(backend, out var claim) ? claim : usual.Claim(backend);

        public ValueTask ConfirmAsync(ShardEpoch? claim, CancellationToken cancellationToken) =>
            usual.ConfirmAsync(claim, cancellationToken);

        public void Lost(ShardEpoch claim) => usual.Lost(claim);
    }

    /// <summary>Grains of what is believed go on as well: only the store ends them.</summary>
    private sealed class Keeping(IActivationHost usual, ConcurrentDictionary<BackendName, ShardEpoch> believed) : IActivationHost
    {
        public Task EndAsync(IReadOnlySet<int> shards) =>
            usual.EndAsync(shards.Except(believed.Values.Select(claim => claim.Shard)).ToHashSet());

        public (int Backends, long Nodes) Count() => usual.Count();
    }
}
