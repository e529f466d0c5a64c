using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Patches the verified label through the Kubernetes API. Pacing is the applier's.</summary>
internal sealed class NodeLabelPort(NodePatcher patcher, string labelKey) : ILabelPort
{
    public Task<PatchResult> PatchAsync(string node, string uid, string value, CancellationToken cancellation) =>
        patcher.PatchLabelsAsync(node, [new(labelKey, value)], uid, cancellation);
}
