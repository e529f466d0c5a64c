using Osmo.Grains.Agents;

namespace Osmo.Grains.Nodes;

/// <summary>As of when what is known of nodes is known, and whether that is now.</summary>
/// <param name="AsOf">When an agent that watches them was last heard of; null where none ever was.</param>
/// <param name="Age">How long ago that was, by the clock of the silo; null where none ever was.</param>
/// <param name="IsCurrent">Whether that is less than <see cref="AgentSession.AliveTime"/> ago. If not, all that is known is how
/// things were.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.freshness")]
public sealed record Freshness(
    [property: Id(0)] DateTimeOffset? AsOf, [property: Id(1)] TimeSpan? Age, [property: Id(2)] bool IsCurrent)
{
    /// <summary><see cref="Age"/> in whole seconds.</summary>
    public long? AgeSeconds => (long?)Age?.TotalSeconds;

    /// <summary>Whether nobody knows how things are now.</summary>
    public bool IsStale => !IsCurrent;

    internal static Freshness Of(DateTimeOffset? asOf, DateTimeOffset now)
    {
        if (asOf is not { } moment)
        {
            return new Freshness(null, null, IsCurrent: false);
        }

        // The silo that wrote the time may have had another clock.
        var age = now > moment ? now - moment : TimeSpan.Zero;
        return new Freshness(asOf, age, age <= AgentSession.AliveTime);
    }
}
