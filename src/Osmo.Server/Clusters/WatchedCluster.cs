using Osmo.Domain.Backends;
using Osmo.Kubernetes;

namespace Osmo.Server.Clusters;

/// <summary>A cluster that an agent in this process watches.</summary>
/// <param name="Backend">The name that it registers as.</param>
/// <param name="Configuration">How to reach its API server.</param>
/// <param name="Labels">Whether its nodes are labelled even if the stored configuration does not ask for it.</param>
internal sealed record WatchedCluster(BackendName Backend, KubernetesConfiguration Configuration, bool Labels)
{
    /// <summary>Whether its nodes may be labelled, should the stored configuration ask for it.</summary>
    public bool AllowLabelPatches { get; init; } = true;

    /// <summary>Label patches per second on average, and at once.</summary>
    public int LabelPatchesPerSecond { get; init; } = 20;

    /// <summary>A kubeconfig for people who want to look into the cluster; null where they have one.</summary>
    public string? KubeconfigFile { get; init; }
}
