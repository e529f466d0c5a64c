using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>Holds the whole repository to the house rules.</summary>
public sealed class TidyTests
{
    private static readonly IReadOnlyList<SourceText> Texts = RepositoryFiles.Texts;

    private static IEnumerable<SourceText> Code => Texts.Where(file => file is { IsCSharp: true, IsCode: true });

    [Fact]
    public void Files_methods_and_lines_are_short() => AssertNone(Code.SelectMany(LengthRules.Check));

    [Fact]
    public void Banned_calls_are_not_made() => AssertNone(Code.SelectMany(BannedCalls.Check));

    [Fact]
    public void Nothing_is_unfinished_or_bound_to_one_machine() => AssertNone(Texts.SelectMany(BannedText.Check));

    [Fact]
    public void Names_say_what_a_thing_is() => AssertNone(RepositoryFiles.Paths.SelectMany(NameRules.Check));

    [Fact]
    public void Dependencies_point_inward() => AssertNone(Projects().SelectMany(ProjectRules.Check));

    [Fact]
    public void The_solution_lists_every_project() =>
        AssertNone(SolutionRules.Check(SourceText.Read(Checkout.SolutionName), Projects().Select(project => project.Path)));

    [Fact]
    public void Relative_links_lead_somewhere() =>
        AssertNone(Ending(".md").SelectMany(page => LinkRules.Check(page, RepositoryFiles.Paths)));

    [Fact]
    public void The_rules_see_the_repository()
    {
        // A listing that came back empty would let every rule above pass.
        Assert.Contains(Code, file => file.Path == "tests/Osmo.Unit.Tests/Tidy/TidyTests.cs");
        Assert.Contains(Code, file => file.IsIn("src"));
        Assert.Contains(Projects(), project => project.Path == "src/Osmo.Grains/Osmo.Grains.csproj");
        Assert.Contains(Texts, file => file.Path == "CONTRIBUTING.md");
    }

    private static IEnumerable<SourceText> Projects() => Ending(".csproj");

    private static IEnumerable<SourceText> Ending(string ending) =>
        Texts.Where(file => file.Path.EndsWith(ending, StringComparison.Ordinal));

    private static void AssertNone(IEnumerable<Violation> violations)
    {
        var found = violations.ToArray();
        Assert.True(found.Length == 0, $"{found.Length} breaches of a house rule:\n{string.Join('\n', found.AsEnumerable())}");
    }
}
