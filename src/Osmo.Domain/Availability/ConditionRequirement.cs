namespace Osmo.Domain.Availability;

/// <summary>The status that rules ask of a condition.</summary>
public enum RequiredStatus
{
    /// <summary>The condition is ignored, or no rule applies to it: any status will do.</summary>
    Any,

    /// <summary>The status must be <c>True</c>.</summary>
    True,

    /// <summary>The status must be <c>False</c>.</summary>
    False,

    /// <summary>A pattern says which statuses will do, and the source says whether it allows this one.</summary>
    Matching,
}

/// <summary>Which part of the rules decided about a condition.</summary>
public enum RuleSource
{
    /// <summary>No entry names the type: it must be <c>False</c>.</summary>
    None,

    /// <summary><c>Ready</c> must be <c>True</c> without being listed.</summary>
    ReadyDefault,

    /// <summary>An entry of <c>additional_node_conditions</c>.</summary>
    AdditionalEntry,

    /// <summary>An entry of <c>ignore_node_conditions</c>.</summary>
    IgnoreEntry,

    /// <summary>One of <c>rules</c> applies and allows the status, whatever others say.</summary>
    AllowingRule,

    /// <summary>Some of <c>rules</c> apply, and none of them allows the status.</summary>
    RefusingRules,

    /// <summary>None of <c>rules</c> applies: the condition has no say.</summary>
    NoRule,
}

/// <summary>What rules ask of one condition, and why.</summary>
/// <param name="Required">The status asked for.</param>
/// <param name="Source">The part of the rules that decided.</param>
/// <param name="Entry">The entry that matched (<c>Ready</c> for the default), or null when none did. Of <c>rules</c>, the ones that
/// decided as they stand in a document: <c>"Gpu.*": "True"</c>.</param>
public readonly record struct ConditionRequirement(RequiredStatus Required, RuleSource Source, string? Entry)
{
    /// <summary>Whether a status satisfies the requirement. <c>Unknown</c> and anything else satisfies neither True nor False.</summary>
    /// <param name="status">The reported status, compared case-sensitively.</param>
    public bool IsMetBy(string status) => Required switch
    {
        RequiredStatus.Any => true,
        RequiredStatus.True => status == ConditionStatus.True,
        RequiredStatus.Matching => Source == RuleSource.AllowingRule,
        _ => status == ConditionStatus.False,
    };
}
