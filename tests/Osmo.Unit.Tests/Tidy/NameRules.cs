using System.Text.RegularExpressions;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>Names of files and folders say what is inside.</summary>
internal static partial class NameRules
{
    public static IEnumerable<Violation> Check(string path)
    {
        if (path.Split('/').Any(part => EmptyWord().IsMatch(part)))
        {
            yield return new(path, 1, "utilities, helpers and managers say nothing: name the file or folder after what it does or is.");
        }
    }

    [GeneratedRegex("(Util|Utils|Utility|Utilities|Helper|Helpers|Manager)(?![a-z])")]
    private static partial Regex EmptyWord();
}
