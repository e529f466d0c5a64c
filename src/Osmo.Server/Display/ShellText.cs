namespace Osmo.Server.Display;

/// <summary>Text as a word of a POSIX shell's command line.</summary>
internal static class ShellText
{
    /// <summary>The text itself where no character of it means something to a shell, else in single quotes.</summary>
    public static string Quote(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+:=@%,".Contains(c, StringComparison.Ordinal))
            ? text
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
