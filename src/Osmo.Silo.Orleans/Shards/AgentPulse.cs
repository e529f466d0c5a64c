namespace Osmo.Silo.Orleans.Shards;

/// <summary>How often both ends of an agent's connection hear of each other.</summary>
internal static class AgentPulse
{
    /// <summary>How often a gateway says that an agent is there that has nothing to say.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How long a gateway may be silent about an agent before the silo takes it for gone.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(20);
}
