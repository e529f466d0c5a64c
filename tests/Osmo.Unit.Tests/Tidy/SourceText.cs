using Osmo.Testing;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>A text file of the repository: its path from the root, with forward slashes, and its text.</summary>
internal sealed record SourceText(string Path, string Text)
{
    private string[]? _lines;

    /// <summary>Lines without their endings; the empty one after a final newline is not counted.</summary>
    public string[] Lines => _lines ??= Text.EndsWith('\n') ? Text[..^1].Split('\n') : Text.Split('\n');

    public string FileName => Path[(Path.LastIndexOf('/') + 1)..];

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>Whether the file belongs to product, tests or benchmarks.</summary>
    public bool IsCode => IsIn("src") || IsIn("tests") || IsIn("bench");

    public bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    public static SourceText Read(string path) => new(path, File.ReadAllText(Checkout.PathOf(path)));
}
