using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Storage;

/// <summary>A change of a node's row.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Activation">The number of the activation of the backend's grain under which the node runs.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Expected">The <see cref="NodeSnapshot.Version"/> that the row has to have; 0 if there must be no row.</param>
/// <param name="Next">The node as it is to be stored, with its new version; null to delete the row.</param>
/// <param name="FactsChanged">Whether its facts have to be written too; they are large and rarely change.</param>
public sealed record NodeWrite(
    BackendName Backend, long Activation, string Node, long Expected, NodeSnapshot? Next, bool FactsChanged);
