using System.Text.RegularExpressions;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>The solution is in the classic format and lists every project, and no other.</summary>
internal static partial class SolutionRules
{
    private const string ClassicHeader = "Microsoft Visual Studio Solution File, Format Version 12.00";

    public static IEnumerable<Violation> Check(SourceText solution, IEnumerable<string> projects)
    {
        if (!solution.Text.Contains(ClassicHeader, StringComparison.Ordinal))
        {
            yield return new(solution.Path, 1, "not the classic solution format: 'dotnet new sln --format sln' writes it.");
        }

        var listed = Project().Matches(solution.Text).Select(match => match.Groups[1].Value.Replace('\\', '/')).ToHashSet();
        foreach (var project in projects)
        {
            if (!listed.Remove(project))
            {
                yield return new(solution.Path, 1, $"{project} is not in the solution: 'dotnet sln add {project}'.");
            }
        }

        foreach (var gone in listed)
        {
            yield return new(solution.Path, 1, $"{gone} does not exist: 'dotnet sln remove {gone}'.");
        }
    }

    [GeneratedRegex("""^Project\("[^"]*"\) = "[^"]*", "([^"]*\.csproj)",""", RegexOptions.Multiline)]
    private static partial Regex Project();
}
