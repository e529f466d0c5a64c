using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>How long files, methods and lines of C# may be.</summary>
internal static class LengthRules
{
    public const int FileLinesMax = 500;
    public const int MethodLinesMax = 70;
    public const int LineCharsMax = 140;

    public static IEnumerable<Violation> Check(SourceText file)
    {
        if (file.Lines.Length > FileLinesMax)
        {
            yield return new(file.Path, FileLinesMax + 1, $"{file.Lines.Length} lines, at most {FileLinesMax}: split it by idea.");
        }

        for (var i = 0; i < file.Lines.Length; i++)
        {
            if (file.Lines[i].Length > LineCharsMax)
            {
                yield return new(file.Path, i + 1, $"{file.Lines[i].Length} characters, at most {LineCharsMax}: wrap the line.");
            }
        }

        foreach (var (name, first, last) in Methods(CSharpSyntaxTree.ParseText(file.Text)))
        {
            var lines = last - first + 1;
            if (lines > MethodLinesMax)
            {
                yield return new(file.Path, first + 1, $"{name} has {lines} lines, at most {MethodLinesMax}: give its parts names.");
            }
        }
    }

    private static IEnumerable<(string Name, int First, int Last)> Methods(SyntaxTree tree)
    {
        var root = (CompilationUnitSyntax)tree.GetRoot();
        var statements = root.Members.OfType<GlobalStatementSyntax>().ToArray();
        if (statements.Length > 0)
        {
            yield return ("the program", LineOf(tree, statements[0].SpanStart), LineOf(tree, statements[^1].Span.End));
        }

        foreach (var node in root.DescendantNodes())
        {
            var name = node switch
            {
                MethodDeclarationSyntax method => method.Identifier.Text,
                ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
                BaseMethodDeclarationSyntax => "an operator or finalizer",
                LocalFunctionStatementSyntax function => function.Identifier.Text,
                AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
                _ => null,
            };
            if (name is not null)
            {
                yield return (name, LineOf(tree, StartAfterAttributes(node)), LineOf(tree, node.Span.End));
            }
        }
    }

    // The data rows of a test are attributes: they are no code of the method.
    private static int StartAfterAttributes(SyntaxNode node) =>
        node.ChildNodes().OfType<AttributeListSyntax>().LastOrDefault() is { } last
            ? last.GetLastToken().GetNextToken().SpanStart
            : node.SpanStart;

    private static int LineOf(SyntaxTree tree, int position) => tree.GetText().Lines.GetLinePosition(position).Line;
}
