namespace Osmo.Unit.Tests.Tidy;

/// <summary>A breach of a house rule: where, and what to do about it.</summary>
internal sealed record Violation(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}:{Line}: {Message}";
}
