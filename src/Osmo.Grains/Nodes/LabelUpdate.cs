namespace Osmo.Grains.Nodes;

/// <summary>A verified label that should change.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Uid">The uid of the node that was judged; another node of that name is left alone.</param>
/// <param name="Available">The value: <c>True</c> or <c>False</c>.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.label-update")]
public readonly record struct LabelUpdate([property: Id(0)] string Node, [property: Id(1)] string Uid, [property: Id(2)] bool Available);

/// <summary>How a label update went.</summary>
public enum LabelOutcome
{
    /// <summary>The node carries the value now.</summary>
    Applied,

    /// <summary>The last try failed; the agent goes on trying.</summary>
    Retrying,

    /// <summary>The agent gave up on this value for this node.</summary>
    GaveUp,
}

/// <summary>What an agent says of a label update.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Available">The value that was asked for.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="Message">Why it failed, for people; empty when it was applied.</param>
[GenerateSerializer]
[Immutable]
[Alias("osmo.label-report")]
public readonly record struct LabelReport(
    [property: Id(0)] string Node,
    [property: Id(1)] bool Available,
    [property: Id(2)] LabelOutcome Outcome,
    [property: Id(3)] string Message);
