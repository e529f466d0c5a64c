namespace Osmo.Grains.Serialization;

/// <summary>
/// What a packed report has beside its name, uid and conditions. A build that is to be run beside an older one must not add to it, because
/// the older one cannot skip what it does not know: what is new goes into a new member of <see cref="NodeReportBatchSurrogate"/>.
/// </summary>
[Flags]
internal enum ReportParts
{
    /// <summary>The node is cordoned.</summary>
    Unschedulable = 1,

    /// <summary>A verified label follows.</summary>
    VerifiedLabel = 2,

    /// <summary>Facts follow.</summary>
    Facts = 4,

    /// <summary>The agent judges.</summary>
    AgentVerdict = 8,

    /// <summary>The agent judges the node available.</summary>
    AgentSaysAvailable = 16,

    /// <summary>All that this build knows.</summary>
    All = 31,
}
