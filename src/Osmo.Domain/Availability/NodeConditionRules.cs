using System.Collections.Immutable;

namespace Osmo.Domain.Availability;

/// <summary>
/// By which rules the nodes of one backend are judged: its <c>node_conditions</c>, validated. They have one of two forms,
/// <see cref="NodeConditionLists"/> and <see cref="NodeConditionPatterns"/>. Immutable, with value equality (order included: it
/// decides which entry an explanation names).
/// </summary>
public abstract class NodeConditionRules : IEquatable<NodeConditionRules>
{
    /// <summary>The condition type that must be <c>True</c> without being listed.</summary>
    public const string ReadyType = "Ready";

    private protected NodeConditionRules()
    {
    }

    /// <summary>Every entry and every pattern, as written.</summary>
    internal abstract IEnumerable<string> Texts { get; }

    /// <summary>The rules of a backend that configures nothing: <c>Ready</c> must be True and every other condition False.</summary>
    public static NodeConditionRules Default => NodeConditionLists.Empty;

    /// <summary>Validates rules that are two lists. All errors are reported, not only the first.</summary>
    /// <param name="additional">Types that must be <c>True</c>; a trailing <c>*</c> matches a prefix.</param>
    /// <param name="ignore">Types that are skipped; a trailing <c>*</c> matches a prefix.</param>
    /// <param name="rules">The rules, or <see cref="Default"/> when there are errors.</param>
    /// <param name="errors">What is wrong, in list order; empty on success.</param>
    public static bool TryCreate(
        IReadOnlyList<string> additional,
        IReadOnlyList<string> ignore,
        out NodeConditionRules rules,
        out ImmutableArray<RuleError> errors)
    {
        ArgumentNullException.ThrowIfNull(additional);
        ArgumentNullException.ThrowIfNull(ignore);

        var found = ImmutableArray.CreateBuilder<RuleError>();
        ListValidation.Check(NodeConditionLists.AdditionalField, additional, found);
        ListValidation.Check(NodeConditionLists.IgnoreField, ignore, found);
        errors = found.ToImmutable();
        rules = errors.IsEmpty && (additional.Count > 0 || ignore.Count > 0)
            ? new NodeConditionLists([.. additional], [.. ignore])
            : Default;
        return errors.IsEmpty;
    }

    /// <summary>
    /// Validates rules that are pairs of patterns. All errors are reported, not only the first. What <see cref="RuleTranslation"/>
    /// makes of lists comes out as those lists again.
    /// </summary>
    /// <param name="pairs">The pairs, in order.</param>
    /// <param name="rules">The rules, or <see cref="Default"/> when there are errors.</param>
    /// <param name="errors">What is wrong, in order; empty on success.</param>
    public static bool TryCreate(IReadOnlyList<ConditionRule> pairs, out NodeConditionRules rules, out ImmutableArray<RuleError> errors)
    {
        ArgumentNullException.ThrowIfNull(pairs);

        errors = [];
        if (TranslatedLists.TryRead(pairs, out var lists))
        {
            rules = lists;
            return true;
        }

        var found = ImmutableArray.CreateBuilder<RuleError>();
        var patterns = PatternValidation.Check(pairs, found);
        errors = found.ToImmutable();
        rules = errors.IsEmpty ? new NodeConditionPatterns(patterns) : Default;
        return errors.IsEmpty;
    }

    /// <summary>Decides what these rules ask of a condition.</summary>
    /// <param name="type">The condition's type, compared case-sensitively.</param>
    /// <param name="status">The condition's status: lists ask the same of a type whatever it is.</param>
    public abstract ConditionRequirement Classify(string type, string status);

    /// <summary>The verdict with its reasons, in the node's own order of conditions. For people, not for the hot path.</summary>
    /// <param name="conditions">The node's conditions.</param>
    /// <param name="unschedulable">The node's <c>spec.unschedulable</c>.</param>
    /// <param name="agentVerdict">What the agent judged, of agents that judge.</param>
    public NodeVerdict Explain(ReadOnlySpan<ConditionPair> conditions, bool unschedulable, bool? agentVerdict = null)
    {
        var verdicts = ImmutableArray.CreateBuilder<ConditionVerdict>(conditions.Length);
        foreach (var (type, status) in conditions)
        {
            verdicts.Add(new ConditionVerdict(type, status, Classify(type, status)));
        }

        return new NodeVerdict(verdicts.MoveToImmutable(), unschedulable, agentVerdict);
    }

    /// <inheritdoc/>
    public abstract bool Equals(NodeConditionRules? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as NodeConditionRules);

    /// <inheritdoc/>
    public abstract override int GetHashCode();
}
