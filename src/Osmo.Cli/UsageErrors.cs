using System.CommandLine;
using System.CommandLine.Parsing;

namespace Osmo.Cli;

/// <summary>What is wrong with a command line, as the user reads it.</summary>
internal static class UsageErrors
{
    /// <summary>The message of an error. The parser would name the types of this program where a value cannot be read.</summary>
    public static string Message(ParseError error) =>
        error.SymbolResult switch
        {
            OptionResult result => Unreadable(result.Option, result.Tokens),
            { Parent: OptionResult result } => Unreadable(result.Option, result.Tokens),
            _ => null,
        }
        ?? error.Message;

    /// <summary>What to say of a value that is no number where the option takes one; null where the values are not at fault.</summary>
    private static string? Unreadable(Option option, IReadOnlyList<Token> values)
    {
        var isNumber = (Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType) == typeof(int);
        return isNumber && values.Select(token => token.Value).FirstOrDefault(text => !int.TryParse(text, out _)) is { } wrong
            ? $"{option.Name} must be a whole number of at most {int.MaxValue}, not \"{wrong}\"."
            : null;
    }
}
