using System.Globalization;

namespace Osmo.Server.Display;

/// <summary>Text from clusters and servers, made safe for a terminal: no escape sequences, no forged lines, no turned direction.</summary>
internal static class TerminalText
{
    /// <summary>One line: every control or format character, line breaks included, becomes a question mark.</summary>
    public static string Line(string text) => text.Any(IsUnsafe) ? string.Concat(text.Select(c => IsUnsafe(c) ? '?' : c)) : text;

    private static bool IsUnsafe(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
