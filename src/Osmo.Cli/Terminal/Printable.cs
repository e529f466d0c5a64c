namespace Osmo.Cli.Terminal;

/// <summary>Makes text from outside safe for a terminal: no escape sequences, no forged lines.</summary>
internal static class Printable
{
    /// <summary>One line: every control character, line breaks included, becomes a question mark.</summary>
    public static string Line(string text) => Replace(text, static c => char.IsControl(c));

    /// <summary>Several lines: as <see cref="Line"/>, but line feeds stay.</summary>
    public static string Lines(string text) => Replace(text, static c => char.IsControl(c) && c != '\n');

    private static string Replace(string text, Func<char, bool> unsafeChar) =>
        text.Any(unsafeChar) ? string.Create(text.Length, (text, unsafeChar), static (span, state) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = state.unsafeChar(state.text[i]) ? '?' : state.text[i];
            }
        })
        : text;
}
