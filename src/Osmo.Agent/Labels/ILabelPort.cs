using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>The way to a node's label in the cluster.</summary>
internal interface ILabelPort
{
    /// <summary>Sets the verified label of the node with this uid. Never throws but for cancellation.</summary>
    Task<PatchResult> PatchAsync(string node, string uid, string value, CancellationToken cancellation);

    /// <summary>
    /// Who else set the value that the node's verified label has now; null if the server does not say. Never throws but for cancellation.
    /// </summary>
    Task<string?> FindWriterAsync(string node, CancellationToken cancellation);
}
