namespace Osmo.Domain.Availability;

/// <summary>
/// A new (type, status) pair does not fit in a <see cref="ConditionTable"/>. Nothing was changed. The owner rebuilds the table from
/// the ids that live nodes use (<see cref="ConditionTable.KeepOnly"/>) and, if it is still full, refuses the node.
/// </summary>
public sealed class ConditionTableFullException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="pairsMax">The table's limit.</param>
    public ConditionTableFullException(int pairsMax)
        : base($"The condition table holds its limit of {pairsMax} distinct (type, status) pairs. "
            + "Rebuild it from the pairs that live nodes report; if they alone exceed the limit, look for a component "
            + "that writes a different condition type to every node.") => PairsMax = pairsMax;

    /// <summary>The limit that was met.</summary>
    public int PairsMax { get; }
}
