using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Osmo.Domain.Nodes;

/// <summary>
/// A label selector as kubectl's <c>-l</c> takes it: requirements joined by commas, each <c>key=value</c>, <c>key==value</c>,
/// <c>key!=value</c>, <c>key in (a,b)</c>, <c>key notin (a,b)</c>, <c>key</c> or <c>!key</c>. A node is selected when it meets
/// all of them; a node without the key meets <c>!=</c> and <c>notin</c>.
/// </summary>
public sealed class LabelSelector
{
    /// <summary>Most characters of a selector.</summary>
    public const int CharsMax = 4_096;

    private readonly ImmutableArray<Requirement> _requirements;

    private LabelSelector(string text, ImmutableArray<Requirement> requirements)
    {
        Text = text;
        _requirements = requirements;
    }


    /// <summary>The selector as it was written.</summary>
    public string Text { get; }

    private enum Operator
    {
        In,
        NotIn,
        Exists,
        DoesNotExist,
    }

    /// <summary>Parses a selector.</summary>
    /// <param name="text">The selector.</param>
    /// <param name="selector">The selector, or null.</param>
    /// <param name="error">What is wrong and what to do, or null.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out LabelSelector? selector, [NotNullWhen(false)] out string? error)
    {
        selector = null;
        error = text.Length > CharsMax ? $"The label selector has {text.Length} characters, at most {CharsMax} are allowed." : null;
        var requirements = ImmutableArray.CreateBuilder<Requirement>();
        foreach (var part in error is null ? SplitOutsideParentheses(text) : [])
        {
            if (part.Trim().Length == 0 || !TryParseRequirement(part.Trim(), out var requirement))
            {
                error = $"The label selector does not parse at \"{part}\". Write requirements as key=value, key!=value, key in (a,b), "
                    + "key notin (a,b), key or !key, joined by commas.";
                return false;
            }

            requirements.Add(requirement);
        }

        selector = error is null ? new LabelSelector(text, requirements.ToImmutable()) : null;
        return error is null;
    }

    /// <summary>Whether a node with these labels is selected.</summary>
    /// <param name="labels">The node's labels.</param>
    /// <param name="extraKey">Key of one more label that the node carries.</param>
    /// <param name="extraValue">Its value; null where the node does not carry it.</param>
    public bool Matches(ImmutableArray<NodeLabel> labels, string extraKey, string? extraValue)
    {
        foreach (var requirement in _requirements)
        {
            var value = requirement.Key == extraKey ? extraValue : Find(labels, requirement.Key);
            var met = requirement.Operator switch
            {
                Operator.In => value is not null && requirement.Values.Contains(value),
                Operator.NotIn => value is null || !requirement.Values.Contains(value),
                Operator.Exists => value is not null,
                _ => value is null,
            };
            if (!met)
            {
                return false;
            }
        }

        return true;
    }

    private static string? Find(ImmutableArray<NodeLabel> labels, string key)
    {
        foreach (var label in labels)
        {
            if (label.Key == key)
            {
                return label.Value;
            }
        }

        return null;
    }

    private static List<string> SplitOutsideParentheses(string text)
    {
        var parts = new List<string>();
        int depth = 0, start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
            else if (text[i] is '(' or ')')
            {
                depth += text[i] == '(' ? 1 : -1;
            }
        }

        return text.Length == 0 ? [] : parts;
    }

    private static bool TryParseRequirement(string text, out Requirement requirement)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0)
        {
            var words = text[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            requirement = default;
            if (words.Length != 2 || words[1] is not ("in" or "notin") || text[^1] != ')' || !IsKey(words[0]))
            {
                return false;
            }

            var values = text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
            requirement = new Requirement(words[0], words[1] == "in" ? Operator.In : Operator.NotIn, [.. values]);
            return Array.TrueForAll(values, IsValue);
        }

        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            var negated = text[equals - 1] == '!';
            var value = text[(equals + 1)..].TrimStart('=').Trim();
            requirement = new Requirement(text[..(negated ? equals - 1 : equals)].Trim(), negated ? Operator.NotIn : Operator.In, [value]);
            return IsKey(requirement.Key) && IsValue(value);
        }

        var absent = text[0] == '!';
        requirement = new Requirement(absent ? text[1..].Trim() : text, absent ? Operator.DoesNotExist : Operator.Exists, []);
        return IsKey(requirement.Key);
    }

    private static bool IsKey(string key) => key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/');

    private static bool IsValue(string value) => value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private readonly record struct Requirement(string Key, Operator Operator, ImmutableArray<string> Values);
}
