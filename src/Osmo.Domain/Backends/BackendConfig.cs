using Osmo.Domain.Availability;

namespace Osmo.Domain.Backends;

/// <summary>
/// What operators configure of a backend; validated and immutable. Two configurations are equal when every field is, which is
/// how an update that changes nothing is told from one that deserves a revision.
/// </summary>
public sealed record BackendConfig
{
    /// <summary>The configuration of a backend that has just registered.</summary>
    public static BackendConfig Default { get; } = new();

    /// <summary>What the cluster is for, in words.</summary>
    public string Description { get; init; } = "";

    /// <summary>Where people look at the cluster's pods; may be empty.</summary>
    public string DashboardUrl { get; init; } = "";

    /// <summary>Where people look at the cluster's metrics; may be empty.</summary>
    public string GrafanaUrl { get; init; } = "";

    /// <summary>Address of the router that workflows of this backend use; may be empty.</summary>
    public string RouterAddress { get; init; } = "";

    /// <summary>Names of the tests that run on the backend.</summary>
    public TextList Tests { get; init; } = TextList.Empty;

    /// <summary>Endpoints of the backend's cache, as JSON text; Osmo stores them and does not interpret them.</summary>
    public string CacheConfigJson { get; init; } = """{"endpoints":[]}""";

    /// <summary>With which scheduler workflows are submitted.</summary>
    public SchedulerSettings Scheduler { get; init; } = SchedulerSettings.Default;

    /// <summary>Which node conditions decide about availability.</summary>
    public NodeConditionRules NodeConditions { get; init; } = NodeConditionRules.Default;

    /// <summary>Whether the verified label is kept up to date (<c>services.backendListener.enable_node_label_update</c>).</summary>
    public bool EnableNodeLabelUpdate { get; init; }
}
