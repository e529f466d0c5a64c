using Osmo.KubeSim.Storage;

namespace Osmo.KubeSim.Selectors;

/// <summary>The labelSelector and fieldSelector of one request.</summary>
internal sealed record NodeSelection(LabelSelector Labels, FieldSelector Fields)
{
    public bool MatchesEverything => Labels.MatchesEverything && Fields.MatchesEverything;

    public bool Matches(SimulatedNode node) => Fields.Matches(node) && Labels.Matches(node.Facts.Labels);
}
