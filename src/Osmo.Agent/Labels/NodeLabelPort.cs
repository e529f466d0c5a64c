using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Patches the verified label through the Kubernetes API. Pacing is the applier's.</summary>
internal sealed class NodeLabelPort(KubernetesClient client, NodePatcher patcher, string labelKey) : ILabelPort
{
    public Task<PatchResult> PatchAsync(string node, string uid, string value, CancellationToken cancellation) =>
        patcher.PatchLabelsAsync(node, [new(labelKey, value)], uid, cancellation);

    public async Task<string?> FindWriterAsync(string node, CancellationToken cancellation)
    {
        try
        {
            IReadOnlyList<string> managers = await client.GetLabelManagersAsync(node, labelKey, cancellation).ConfigureAwait(false);
            return managers.FirstOrDefault(manager => manager != KubernetesClient.FieldManager);
        }
        catch (KubernetesApiException)
        {
            // It is worth a word and no more.
            return null;
        }
    }
}
