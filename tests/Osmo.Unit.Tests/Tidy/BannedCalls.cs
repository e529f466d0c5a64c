using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Osmo.Unit.Tests.Tidy;

/// <summary>
/// Calls that this house does without, each with the reason and the replacement. Works on syntax alone: strings and comments never
/// match, and a line that says <c>// tidy: REASON</c>, or follows one that does, is left alone.
/// </summary>
internal static partial class BannedCalls
{
    private static readonly string[] ConsoleFolders =
        ["src/Osmo.Cli/Terminal/", "src/Osmo.Server/Commands/", "src/Osmo.Server/Display/", "bench/"];

    public static IEnumerable<Violation> Check(SourceText file)
    {
        var root = CSharpSyntaxTree.ParseText(file.Text).GetRoot();
        foreach (var node in root.DescendantNodes())
        {
            var problem = node switch
            {
                MemberAccessExpressionSyntax access => Clock(access) ?? Sleep(access) ?? Blocking(access) ?? ConsoleUse(access, file),
                InvocationExpressionSyntax call => Delay(call, file),
                MethodDeclarationSyntax method => AsyncVoid(method.Modifiers, method.ReturnType),
                LocalFunctionStatementSyntax function => AsyncVoid(function.Modifiers, function.ReturnType),
                _ => null,
            };
            var line = node.GetLocation().GetLineSpan().EndLinePosition.Line;
            if (node is MethodDeclarationSyntax or LocalFunctionStatementSyntax)
            {
                line = node.GetLocation().GetLineSpan().StartLinePosition.Line;
            }

            if (problem is not null && !IsExcused(file, line))
            {
                yield return new(file.Path, line + 1, problem);
            }
        }
    }

    private static bool IsExcused(SourceText file, int line) =>
        Excuse().IsMatch(file.Lines[line]) || (line > 0 && Excuse().IsMatch(file.Lines[line - 1]));

    private static string? Clock(MemberAccessExpressionSyntax access) =>
        LastName(access.Expression) is "DateTime" or "DateTimeOffset" && access.Name.Identifier.Text is "Now" or "UtcNow" or "Today"
            ? $"{LastName(access.Expression)}.{access.Name}: tests cannot set this clock. Take a TimeProvider and ask it (GetUtcNow)."
            : null;

    private static string? Sleep(MemberAccessExpressionSyntax access) =>
        LastName(access.Expression) == "Thread" && access.Name.Identifier.Text == "Sleep"
            ? "Thread.Sleep blocks a thread and makes tests slow or flaky. Wait on the condition, or await a delay of a TimeProvider."
            : null;

    private static string? Blocking(MemberAccessExpressionSyntax access)
    {
        const string Advice = "blocks a thread until a task ends, which starves the pool and can deadlock. Await the task.";
        return access.Name.Identifier.Text switch
        {
            "GetResult" when access.Expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax inner }
                && inner.Name.Identifier.Text == "GetAwaiter" => $"GetAwaiter().GetResult() {Advice}",
            "Wait" when access.Parent is InvocationExpressionSyntax && LastName(access.Expression) != "Monitor" => $".Wait() {Advice}",
            "Result" when access.Parent is not InvocationExpressionSyntax && NamesTask(access.Expression) => $".Result {Advice}",
            _ => null,
        };
    }

    private static string? ConsoleUse(MemberAccessExpressionSyntax access, SourceText file)
    {
        var allowed = file.FileName == "Program.cs"
            || ConsoleFolders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal));
        return !allowed && LastName(access.Expression) == "Console"
            ? "Console: only the edge of an executable (Program.cs, its commands and display) may. Take a TextWriter or an ILogger."
            : null;
    }

    private static string? Delay(InvocationExpressionSyntax call, SourceText file)
    {
        if (call.Expression is not MemberAccessExpressionSyntax { Name.Identifier.Text: "Delay" } access
            || LastName(access.Expression) != "Task")
        {
            return null;
        }

        if (file.IsIn("tests"))
        {
            return "Task.Delay in a test guesses how long something takes. Wait for the condition itself, with a generous deadline.";
        }

        return call.ArgumentList.Arguments.Skip(1).Any(argument => NamesClock().IsMatch(argument.Expression.ToString()))
            ? null
            : "Task.Delay without a TimeProvider: tests cannot set this clock. Pass the TimeProvider as second argument.";
    }

    private static string? AsyncVoid(SyntaxTokenList modifiers, TypeSyntax returns) =>
        modifiers.Any(SyntaxKind.AsyncKeyword) && returns.ToString() == "void"
            ? "async void: nobody can await it, and an exception in it ends the process. Return Task."
            : null;

    // Without types, a task is known by its name: what an ...Async call returns, or a variable called a task.
    private static bool NamesTask(ExpressionSyntax expression) => expression switch
    {
        InvocationExpressionSyntax call => LastName(call.Expression).EndsWith("Async", StringComparison.Ordinal),
        _ => LastName(expression).Contains("task", StringComparison.OrdinalIgnoreCase),
    };

    private static string LastName(ExpressionSyntax expression) => expression switch
    {
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        MemberBindingExpressionSyntax binding => binding.Name.Identifier.Text,
        SimpleNameSyntax name => name.Identifier.Text,
        ParenthesizedExpressionSyntax inner => LastName(inner.Expression),
        PostfixUnaryExpressionSyntax suffix => LastName(suffix.Operand),
        _ => "",
    };

    [GeneratedRegex(@"//\s*tidy:\s*\S")]
    private static partial Regex Excuse();

    [GeneratedRegex(@"(time|clock|TimeProvider(\.System)?)$", RegexOptions.IgnoreCase)]
    private static partial Regex NamesClock();
}
