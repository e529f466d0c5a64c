using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;

namespace Osmo.Silo.Engine;

/// <summary>A reference to a node grain of this process, which lives with its backend.</summary>
internal sealed class NodeReference(LocalGrainEngine engine, BackendName backend, string node) : INodeGrain
{
    public async Task<NodeExplanation> ExplainAsync(CancellationToken cancellationToken)
    {
        var (known, explanation) = await engine.ReadAsync(
            backend, grain => (grain.View.Record is not null, grain.ExplainNode(node)), cancellationToken).ConfigureAwait(false);
        if (!known)
        {
            throw BackendReference.Unknown(backend);
        }

        return explanation ?? throw new OsmoException(
            ErrorCode.NotFound, $"Backend {backend} has no node of this name. List its nodes to see what it has.");
    }
}
