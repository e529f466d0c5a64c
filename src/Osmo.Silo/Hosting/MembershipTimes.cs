using Orleans.Configuration;

namespace Osmo.Silo.Hosting;

/// <summary>
/// By when a silo is taken for dead. That no harm is done if the others are wrong, the store's fence sees to: so they may decide much
/// sooner than by Orleans' own settings, which a silo that stands still survives for up to a minute.
/// <para>
/// Orleans probes every silo and shortens or stretches the time it gives a probe by how soon the silo answers, between half and twice
/// <see cref="Probe"/> here. A process that was killed is noticed after <see cref="MissedProbes"/> probes, since nobody listens there. One
/// that stands still keeps its connections; nobody votes against it before nothing has come over them for <see cref="Detection"/>.
/// </para>
/// </summary>
public sealed record MembershipTimes
{
    /// <summary>The usual <see cref="Probe"/>.</summary>
    public static readonly TimeSpan ProbeDefault = TimeSpan.FromSeconds(1);

    /// <summary>Probes that a silo has to miss, one after the other, until another suspects it.</summary>
    public const int MissedProbes = 3;

    /// <summary>Silos that have to suspect one until it is dead; Orleans takes half of the members if that is fewer.</summary>
    public const int Votes = 2;

    /// <summary>The most that Orleans may stretch the time of a probe.</summary>
    private const int StretchMax = 2;

    /// <summary>
    /// How often a member writes that it lives, of which three may be missing: after all processes died at once, the first that starts
    /// again waits for so long until it takes the others for dead.
    /// </summary>
    private static readonly TimeSpan Alive = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often the table is read in case that a change of it was not heard of: this is also when a silo that stood still learns at the
    /// latest that it was taken for dead.
    /// </summary>
    private static readonly TimeSpan TableRefresh = TimeSpan.FromSeconds(5);

    /// <summary>How long to try to join; many that start at once make the database slow.</summary>
    private static readonly TimeSpan Join = TimeSpan.FromMinutes(1);

    /// <summary>How long the table remembers members that are gone.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    /// <summary>How often a silo is probed, and how long it may take to answer.</summary>
    public TimeSpan Probe { get; init; } = ProbeDefault;

    /// <summary>After how long a silo that stands still is taken for dead.</summary>
    public TimeSpan Detection => Probe * StretchMax * MissedProbes;

    internal void Set(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = Probe;
        membership.MaxProbeTimeout = Probe * StretchMax;
        membership.NumMissedProbesLimit = MissedProbes;
        membership.NumVotesForDeathDeclaration = Votes;
        membership.IAmAliveTablePublishTimeout = Alive;
        membership.TableRefreshTimeout = TableRefresh;
        membership.MaxJoinAttemptTime = Join;
        membership.DefunctSiloExpiration = Remembered;
        membership.DefunctSiloCleanupPeriod = Remembered;

        // Without it a machine whose processors are busy would be enough to take a silo for dead that talks all the time.
        membership.EnableConnectionLivenessCheck = true;
    }
}
