using System.Collections.Immutable;
using Osmo.Grains.Events;

namespace Osmo.Grains.Silos;

/// <summary>
/// One member of the cluster, also one that runs no backends. The key is its address (<c>SiloAddress.ToParsableString()</c>), and the grain
/// runs there and nowhere else.
/// </summary>
[Alias("osmo.silo")]
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>What the silo carries now.</summary>
    [Alias("load")]
    ValueTask<SiloLoad> GetLoadAsync();

    /// <summary>
    /// Takes what another member says of itself, which it does as soon as it begins to hand its backends over, or stops or begins to reach
    /// its store: nobody has to wait until it is asked again.
    /// </summary>
    /// <param name="silo">The other's address.</param>
    /// <param name="load">What it says.</param>
    [Alias("learn")]
    ValueTask LearnAsync(string silo, SiloLoad load);

    /// <summary>
    /// Follows the events of the silo's backends, in batches; an empty one comes first and says that following has begun.
    /// </summary>
    [Alias("follow")]
    IAsyncEnumerable<ImmutableArray<FleetEventItem>> FollowAsync(CancellationToken cancellationToken);
}

/// <summary>What a silo carries.</summary>
/// <param name="Version">The version of its build.</param>
/// <param name="Backends">How many registered backends are active on it.</param>
/// <param name="Nodes">How many nodes these have.</param>
/// <param name="Draining">Whether it is handing its backends over to end.</param>
/// <param name="StoreAnswers">Whether its store answered when it was asked last.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.silo-load")]
public sealed record SiloLoad(
    [property: Id(0)] string Version,
    [property: Id(1)] int Backends,
    [property: Id(2)] long Nodes,
    [property: Id(3)] bool Draining,
    [property: Id(4)] bool StoreAnswers)
{
    /// <summary>What a backend weighs beside its nodes, each of which weighs one.</summary>
    public const long BackendWeight = 100;

    /// <summary>All that it carries in one number.</summary>
    public long Weight => Nodes + (BackendWeight * Backends);

    /// <summary>Whether backends may be placed on it.</summary>
    public bool TakesBackends => !Draining && StoreAnswers;
}

/// <summary>An event of a silo, or the word that some were lost.</summary>
/// <param name="Event">What happened; null if events were lost and followers have to read everything again.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.fleet-event-item")]
public sealed record FleetEventItem([property: Id(0)] FleetEvent? Event);
