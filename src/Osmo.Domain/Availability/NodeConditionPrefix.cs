using System.Diagnostics.CodeAnalysis;

namespace Osmo.Domain.Availability;

/// <summary>
/// The prefix of the labels that Osmo writes to nodes. It ends with <c>osmo.nvidia.com/</c> and makes, with <c>verified</c>, a legal
/// Kubernetes label key. Immutable, with value equality.
/// </summary>
public sealed record NodeConditionPrefix
{
    /// <summary>What every prefix ends with; also the default prefix.</summary>
    public const string RequiredEnding = "osmo.nvidia.com/";

    /// <summary>Most characters before the slash: Kubernetes' limit for the prefix of a label key.</summary>
    public const int DomainCharsMax = 253;

    /// <summary>The name of the label, after its prefix.</summary>
    public const string LabelName = "verified";

    private NodeConditionPrefix(string value)
    {
        Value = value;
        LabelKey = value + LabelName;
    }

    /// <summary>The prefix of an agent that was given none.</summary>
    public static NodeConditionPrefix Default { get; } = new(RequiredEnding);

    /// <summary>The prefix with its slash, for example <c>osmo.nvidia.com/</c>.</summary>
    public string Value { get; }

    /// <summary>The key of the label that says whether a node is available: prefix and <c>verified</c>.</summary>
    public string LabelKey { get; }

    /// <summary>The value of the label: <c>True</c> for an available node, <c>False</c> for another.</summary>
    public static string LabelValue(bool available) => available ? ConditionStatus.True : ConditionStatus.False;

    /// <summary>Validates a prefix.</summary>
    /// <param name="value">The prefix, with its slash.</param>
    /// <param name="prefix">The prefix, or null when it is not legal.</param>
    /// <param name="error">What is wrong and what to do, or null.</param>
    public static bool TryCreate(string? value, [NotNullWhen(true)] out NodeConditionPrefix? prefix, [NotNullWhen(false)] out string? error)
    {
        error = Problem(value);
        prefix = error is null ? new NodeConditionPrefix(value!) : null;
        return error is null;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string? Problem(string? value)
    {
        const string Advice = "Use \"osmo.nvidia.com/\", or put a lower-case DNS name before it, such as \"team-a.osmo.nvidia.com/\".";
        if (string.IsNullOrEmpty(value))
        {
            return "The node condition prefix is empty. " + Advice;
        }

        if (!value.EndsWith(RequiredEnding, StringComparison.Ordinal))
        {
            return $"The node condition prefix must end with \"{RequiredEnding}\". " + Advice;
        }

        var domain = value.AsSpan(0, value.Length - 1);
        if (domain.Length > DomainCharsMax)
        {
            return $"The node condition prefix has {domain.Length} characters before its slash, at most {DomainCharsMax} are allowed "
                + "in a label key. Shorten it.";
        }

        return IsDnsSubdomain(domain)
            ? null
            : "The node condition prefix is not a DNS subdomain: dot-separated parts of a-z, 0-9 and \"-\" that start and end with "
                + "a letter or digit. " + Advice;
    }

    private static bool IsDnsSubdomain(ReadOnlySpan<char> domain)
    {
        foreach (var range in domain.Split('.'))
        {
            var part = domain[range];
            if (part.IsEmpty || part[0] == '-' || part[^1] == '-')
            {
                return false;
            }

            foreach (var c in part)
            {
                if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }
}
