using System.Globalization;
using System.Text.RegularExpressions;

namespace Osmo.Access.Tokens;

/// <summary>What a new access token has to be, with OSMO's words where it is not.</summary>
public static partial class TokenRules
{
    /// <summary>Most characters of a name.</summary>
    public const int NameCharsMax = 128;

    /// <summary>Most characters of a description.</summary>
    public const int DescriptionCharsMax = 1_024;

    /// <summary>Most roles of a token.</summary>
    public const int RolesMax = 64;

    private const string DateShape = "yyyy-M-d";

    /// <summary>What is wrong with a name; null where nothing is.</summary>
    public static string? CheckName(string name) => name.Length <= NameCharsMax && NameShape().IsMatch(name)
        ? null
        : $"A token's name begins with a letter, goes on with letters, digits, _ and -, ends with a letter or digit, and has at most "
            + $"{NameCharsMax} characters.";

    /// <summary>Reads the day with which a token ends.</summary>
    /// <param name="text">The day, such as <c>2027-01-31</c>.</param>
    /// <param name="today">Today (UTC).</param>
    /// <param name="daysMax">Most days that a token may last.</param>
    /// <param name="day">The day.</param>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? ReadExpiry(string? text, DateOnly today, int daysMax, out DateOnly day)
    {
        if (!DateOnly.TryParseExact(text, DateShape, CultureInfo.InvariantCulture, DateTimeStyles.None, out day))
        {
            return "expires_at must be a date such as 2027-01-31.";
        }

        return day <= today
            ? $"Expiration date must be past the current date ({today:yyyy-MM-dd})"
            : day.DayNumber - today.DayNumber > daysMax ? $"Access token cannot last longer than {daysMax}d" : null;
    }

    [GeneratedRegex(@"^[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9])?\z")]
    private static partial Regex NameShape();
}
