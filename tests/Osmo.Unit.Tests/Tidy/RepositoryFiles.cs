using System.Diagnostics;
using Osmo.Testing;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>The files of the repository: those that git tracks, and new ones that it does not ignore.</summary>
internal static class RepositoryFiles
{
    // Text by kind, so that an image or an archive is never read as text.
    private static readonly string[] TextEndings =
        [".cs", ".csproj", ".props", ".targets", ".sln", ".md", ".json", ".jsonl", ".yaml", ".yml", ".tpl", ".sh", ".sql", ".proto",
         ".html", ".css", ".js", ".ts", ".txt", ".editorconfig", ".gitignore", "Makefile", "Dockerfile", "tests/run", ".ci/run"];

    private static readonly Lazy<string[]> Listed = new(List);

    public static IReadOnlyCollection<string> Paths => Listed.Value;

    public static IReadOnlyList<SourceText> Texts { get; } =
        [.. Paths.Where(path => TextEndings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal))).Select(SourceText.Read)];

    private static string[] List()
    {
        var start = new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
        };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Xunit.Assert.Equal(0, git.ExitCode);

        // A file that was deleted but not committed yet is still listed.
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(path => File.Exists(Checkout.PathOf(path)))];
    }
}
