using System.Text.RegularExpressions;

namespace Osmo.Access.Users;

/// <summary>What a new user has to be.</summary>
public static partial class UserRules
{
    /// <summary>Most characters of a name.</summary>
    public const int IdCharsMax = 256;

    /// <summary>Most roles of a user.</summary>
    public const int RolesMax = 64;

    /// <summary>What is wrong with a name; null where nothing is.</summary>
    public static string? CheckId(string id) => id.Length <= IdCharsMax && IdShape().IsMatch(id)
        ? null
        : "A user's id begins and ends with a letter or digit, has letters, digits, _, ., @ and - between, and at most "
            + $"{IdCharsMax} characters.";

    [GeneratedRegex(@"^[a-zA-Z0-9]([a-zA-Z0-9_.@-]*[a-zA-Z0-9])?\z")]
    private static partial Regex IdShape();
}
