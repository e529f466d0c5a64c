using System.Text.RegularExpressions;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>Relative links of Markdown pages lead to files or folders of the repository.</summary>
internal static partial class LinkRules
{
    /// <summary>Checks one page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="paths">All files of the repository.</param>
    public static IEnumerable<Violation> Check(SourceText page, IReadOnlyCollection<string> paths)
    {
        var fenced = false;
        for (var i = 0; i < page.Lines.Length; i++)
        {
            if (page.Lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
            }

            foreach (var target in fenced ? [] : Targets(page.Lines[i]))
            {
                if (!Leads(page.Path, target, paths))
                {
                    yield return new(page.Path, i + 1, $"the link to {target} leads nowhere: write it from the page's own folder.");
                }
            }
        }
    }

    private static IEnumerable<string> Targets(string line) => Link()
        .Matches(InlineCode().Replace(line, ""))
        .Select(match => match.Groups[1].Value)
        .Where(target => !target.StartsWith('#') && !Scheme().IsMatch(target));

    private static bool Leads(string page, string target, IReadOnlyCollection<string> paths)
    {
        var parts = new List<string>(page.Split('/')[..^1]);
        foreach (var part in Uri.UnescapeDataString(target.Split('#')[0]).Split('/'))
        {
            switch (part)
            {
                case "" or ".":
                    break;
                case ".." when parts.Count == 0:
                    return false;
                case "..":
                    parts.RemoveAt(parts.Count - 1);
                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        var path = string.Join('/', parts);
        return !target.StartsWith('/')
            && (path.Length == 0 || paths.Any(file => file == path || file.StartsWith(path + "/", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"\]\(<?([^)\s>]+)>?(?:\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex("^[a-zA-Z][a-zA-Z0-9+.-]*:")]
    private static partial Regex Scheme();
}
