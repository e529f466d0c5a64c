using Xunit;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>Shows that each rule finds what it forbids, and leaves alone what it allows.</summary>
public sealed class TidyRuleTests
{
    // A dot between the words, so that no search for the call itself stops at this file.
    [Theory]
    [InlineData("var t = DateTime.{0};", "Now", "TimeProvider")]
    [InlineData("var t = System.DateTime.{0};", "UtcNow", "TimeProvider")]
    [InlineData("var t = DateTimeOffset.{0};", "UtcNow", "TimeProvider")]
    [InlineData("Thread.{0};", "Sleep(1)", "Wait on the condition")]
    [InlineData("await Task.{0};", "Delay(1)", "Pass the TimeProvider")]
    [InlineData("await Task.{0};", "Delay(wait, cancel)", "Pass the TimeProvider")]
    [InlineData("var r = ReadAsync(x).{0};", "Result", "Await the task")]
    [InlineData("var r = _readTask!.{0};", "Result", "Await the task")]
    [InlineData("work.{0};", "Wait()", "Await the task")]
    [InlineData("ReadAsync().GetAwaiter().{0};", "GetResult()", "Await the task")]
    [InlineData("Console.{0};", "WriteLine(1)", "ILogger")]
    [InlineData("async {0} Local() {{ }}", "void", "Return Task")]
    public void A_banned_call_is_found_with_its_replacement(string statement, string call, string advice)
    {
        var found = Assert.Single(BannedCalls.Check(Method(string.Format(statement, call))));
        Assert.Equal(5, found.Line);
        Assert.Contains(advice, found.Message, StringComparison.Ordinal);
        Assert.StartsWith("src/A/B.cs:5: ", found.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("await Task.{0};", "Delay(wait, _time, cancel)")]
    [InlineData("await Task.{0};", "Delay(wait, options.TimeProvider)")]
    [InlineData("var t = time.{0};", "GetUtcNow()")]
    [InlineData("var r = answer.{0};", "Result")]
    [InlineData("// a comment may say Thread.{0}", "Sleep")]
    [InlineData("var s = \"DateTime.{0}\";", "Now")]
    [InlineData("AnsiConsole.{0};", "Write(table)")]
    [InlineData("Monitor.{0};", "Wait(gate)")]
    [InlineData("var r = readTask.{0}; // tidy: the line above saw it complete", "Result")]
    public void What_is_allowed_is_left_alone(string statement, string call) =>
        Assert.Empty(BannedCalls.Check(Method(string.Format(statement, call))));

    [Fact]
    public void An_excuse_needs_a_reason() =>
        Assert.Single(BannedCalls.Check(Method("work." + "Wait(); // tidy:")));

    [Fact]
    public void Tests_may_not_delay_at_all_and_a_program_may_write_to_its_console()
    {
        var delay = "await Task." + "Delay(wait, _time);";
        Assert.Empty(BannedCalls.Check(Method(delay)));
        var inTest = Assert.Single(BannedCalls.Check(Method(delay, "tests/A/B.cs")));
        Assert.Contains("Wait for the condition", inTest.Message, StringComparison.Ordinal);
        Assert.Empty(BannedCalls.Check(Method("Console." + "WriteLine();", "src/A/Program.cs")));
        Assert.Empty(BannedCalls.Check(Method("Console." + "WriteLine();", "src/Osmo.Cli/Terminal/T.cs")));
    }

    [Fact]
    public void Async_void_methods_are_found() =>
        Assert.Single(BannedCalls.Check(new("src/A/B.cs", "class B\n{\n    async " + "void M() { }\n    void N() { }\n}\n")));

    [Theory]
    [InlineData(500, 0)]
    [InlineData(501, 1)]
    public void A_file_has_at_most_500_lines(int lines, int violations) =>
        Assert.Equal(violations, LengthRules.Check(new("src/A/B.cs", string.Concat(Enumerable.Repeat("// x\n", lines)))).Count());

    [Theory]
    [InlineData(140, 0)]
    [InlineData(141, 1)]
    public void A_line_has_at_most_140_characters(int length, int violations) =>
        Assert.Equal(violations, LengthRules.Check(new("src/A/B.cs", "//" + new string('x', length - 2) + "\n")).Count());

    [Theory]
    [InlineData("void M()", 70, 0)]
    [InlineData("void M()", 71, 1)]
    [InlineData("B()", 71, 1)]
    [InlineData("int P { get", 71, 1)]
    [InlineData("[A]\n[B]\nvoid M()", 70, 0)]
    [InlineData("/// <summary>x</summary>\nvoid M()", 70, 0)]
    public void A_method_has_at_most_70_lines(string head, int lines, int violations)
    {
        var end = head.Contains("get", StringComparison.Ordinal) ? "} }" : "}";
        var body = string.Concat(Enumerable.Repeat("x();\n", lines - 2));
        Assert.Equal(violations, LengthRules.Check(new("src/A/B.cs", $"class B\n{{\n{head} {{\n{body}{end}\n}}\n")).Count());
    }

    [Fact]
    public void A_program_of_statements_counts_as_a_method() =>
        Assert.Single(LengthRules.Check(new("src/A/Program.cs", string.Concat(Enumerable.Repeat("x();\n", 71)))));

    [Theory]
    [InlineData("// TO", "DO later", 1)]
    [InlineData("throw new NotImplemented", "Exception();", 1)]
    [InlineData("var x = \"/wo", "rk/main\";", 1)]
    [InlineData("/Us", "ers/me/osmo", 1)]
    [InlineData("https://api.nuget", ".org/v3", 1)]
    [InlineData("GET /api/work", "/x and a TODOS word", 0)]
    [InlineData("src/work", "/x", 0)]
    public void Unfinished_work_machine_paths_and_registries_are_found(string first, string second, int violations) =>
        Assert.Equal(violations, BannedText.Check(new("docs/a.md", "fine\n" + first + second + "\n")).Count(found => found.Line == 2));

    [Theory]
    [InlineData("src/A/StringUtils.cs", 1)]
    [InlineData("src/Helpers/A.cs", 1)]
    [InlineData("src/A/NodeManager.cs", 1)]
    [InlineData("src/A/Management.cs", 0)]
    [InlineData("src/A/Utilization.cs", 0)]
    public void Empty_names_are_found(string path, int violations) => Assert.Equal(violations, NameRules.Check(path).Count());

    [Theory]
    [InlineData("Osmo.Domain", "<ProjectReference Include=\"..\\X\\Osmo.Grains.csproj\" />", "may not reference Osmo.Grains")]
    [InlineData("Osmo.Grains", "<ProjectReference Include=\"..\\X\\Osmo.Protocol.csproj\" />", "may not reference Osmo.Protocol")]
    [InlineData("Osmo.Gateway", "<ProjectReference Include=\"../Osmo.Silo/Osmo.Silo.csproj\" />", "may not reference Osmo.Silo")]
    [InlineData("Osmo.Server", "<ProjectReference Include=\"../../tests/T/Osmo.Testing.csproj\" />", "may not reference Osmo.Testing")]
    [InlineData("Osmo.Domain", "<PackageReference Include=\"Dapper\" />", "is pure")]
    [InlineData("Osmo.Domain", "<FrameworkReference Include=\"Microsoft.AspNetCore.App\" />", "is pure")]
    [InlineData("Osmo.New", "", "say in ProjectRules")]
    public void An_outward_reference_is_found(string name, string item, string problem) =>
        AssertOne(problem, ProjectRules.Check(Project(name, item)));

    [Fact]
    public void An_inward_reference_is_allowed() =>
        Assert.Empty(ProjectRules.Check(Project("Osmo.Silo", "<ProjectReference Include=\"../Osmo.Grains/Osmo.Grains.csproj\" />")));

    [Fact]
    public void A_solution_lists_every_project_and_no_other()
    {
        const string Header = "Microsoft Visual Studio Solution File, Format Version 12.00\n";
        const string Listed = "Project(\"{F}\") = \"A\", \"src\\A\\A.csproj\", \"{G}\"\nEndProject\n";
        Assert.Empty(SolutionRules.Check(new("x.sln", Header + Listed), ["src/A/A.csproj"]));
        AssertOne("is not in", SolutionRules.Check(new("x.sln", Header), ["src/A/A.csproj"]));
        AssertOne("does not exist", SolutionRules.Check(new("x.sln", Header + Listed), []));
        AssertOne("classic", SolutionRules.Check(new("x.sln", "<Solution />"), []));
    }

    [Theory]
    [InlineData("[a](other.md)", 0)]
    [InlineData("[a](other.md#part) and [b](../README.md \"title\")", 0)]
    [InlineData("[a](./sub/) [b](#here) [c](https://example.com/x) [d](mailto:a@b)", 0)]
    [InlineData("`[a](gone.md)`", 0)]
    [InlineData("[a](gone.md)", 1)]
    [InlineData("[a](../../README.md)", 1)]
    [InlineData("[a](/README.md)", 1)]
    [InlineData("![a](gone.png) [b](sub/gone.md)", 2)]
    public void A_link_that_leads_nowhere_is_found(string line, int violations)
    {
        string[] paths = ["README.md", "docs/page.md", "docs/other.md", "docs/sub/x.md"];
        Assert.Equal(violations, LinkRules.Check(new("docs/page.md", line), paths).Count());
    }

    private static void AssertOne(string problem, IEnumerable<Violation> found) =>
        Assert.Contains(problem, Assert.Single(found).Message, StringComparison.Ordinal);

    private static SourceText Method(string statement, string path = "src/A/B.cs") =>
        new(path, $"class B\n{{\n    async Task M()\n    {{\n        {statement}\n    }}\n}}\n");

    private static SourceText Project(string name, string item) =>
        new($"src/{name}/{name}.csproj", $"<Project>\n  <ItemGroup>\n    {item}\n  </ItemGroup>\n</Project>\n");
}
