using Osmo.Domain.Availability;
using Osmo.Domain.Errors;

namespace Osmo.Domain.Listeners;

/// <summary>Which form of <c>node_conditions</c> an OSMO agent understands. It ignores the other one, with a warning in its log.</summary>
public enum ListenerGeneration
{
    /// <summary>The version says nothing: it is sent both.</summary>
    Unknown,

    /// <summary>The two lists, <c>available_conditions</c> and <c>ignore_conditions</c>: before version 6.0.</summary>
    Lists,

    /// <summary>The map <c>rules</c>: from version 6.0 on.</summary>
    Rules,
}

/// <summary>Tells generations apart by the version that an agent introduces itself with.</summary>
public static class ListenerGenerations
{
    private const int FirstWithRules = 6;

    /// <summary>What of some rules an agent of a generation cannot be told; null where it can be told all of it.</summary>
    public static FieldError? LossOf(this ListenerGeneration generation, NodeConditionRules rules)
    {
        if (generation == ListenerGeneration.Unknown)
        {
            return null;
        }

        var translation = RuleTranslation.Of(rules);
        return generation == ListenerGeneration.Rules
            ? translation.PairsLoss is { } pairsLoss ? new FieldError(NodeConditionLists.IgnoreField, pairsLoss) : null
            : translation.ListsLoss is { } listsLoss ? new FieldError(NodeConditionPatterns.RulesField, listsLoss) : null;
    }

    /// <summary>The generation of an agent of some version. Builds from the sources of the first generation say 1.0.0.</summary>
    public static ListenerGeneration Of(string version)
    {
        var dot = version.IndexOf('.', StringComparison.Ordinal);
        return dot <= 0 || !int.TryParse(version.AsSpan(0, dot), out var major)
            ? ListenerGeneration.Unknown
            : major >= FirstWithRules ? ListenerGeneration.Rules : ListenerGeneration.Lists;
    }
}
