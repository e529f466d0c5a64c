using System.Diagnostics.CodeAnalysis;
using Osmo.Domain.Errors;

namespace Osmo.Domain.Backends;

/// <summary>
/// The name of a compute backend: a DNS label as RFC 1123 has it (lower-case letters, digits and inner hyphens, 1 to 63
/// characters), because it becomes part of paths, of label values and of Kubernetes object names.
/// </summary>
public readonly record struct BackendName
{
    /// <summary>Most characters of a name.</summary>
    public const int CharsMax = 63;

    private readonly string? _value;

    private BackendName(string value) => _value = value;

    /// <summary>The name.</summary>
    public string Value => _value ?? throw new InvalidOperationException("A default BackendName has no value.");

    /// <summary>Validates a name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out BackendName name)
    {
        name = default;
        if (text is null || text.Length is 0 or > CharsMax || !IsAlphanumeric(text[0]) || !IsAlphanumeric(text[^1]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!IsAlphanumeric(c) && c != '-')
            {
                return false;
            }
        }

        name = new BackendName(text);
        return true;
    }

    /// <summary>Validates a name.</summary>
    /// <exception cref="OsmoException">The text is no DNS label.</exception>
    public static BackendName Parse(string? text) =>
        TryParse(text, out var name)
            ? name
            : throw new OsmoException(
                ErrorCode.Invalid,
                "The backend's name must be a DNS label: 1 to 63 lower-case letters, digits or hyphens, beginning and ending with a "
                + "letter or digit, such as \"dgx-east\". Use the name that the agent was deployed with.");

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";

    private static bool IsAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
