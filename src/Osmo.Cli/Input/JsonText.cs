using System.Text.Json;

namespace Osmo.Cli.Input;

/// <summary>Turns a JSON parser's complaint into one that a person can act on.</summary>
internal static class JsonText
{
    public static CliError NotJson(string name, JsonException error)
    {
        // The framework appends its own coordinates, counted from zero; editors count lines from one.
        var cut = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var what = cut > 0 ? error.Message[..cut] : error.Message;
        var where = error.LineNumber is { } line ? $" (line {line + 1}, byte {error.BytePositionInLine + 1})" : "";
        return new CliError($"{name}: not valid JSON{where}: {what} Was the output that made it cut off?");
    }

    /// <summary>The framework reports text that is no Unicode as an invalid operation, without a position.</summary>
    public static CliError NotUnicode(string name) =>
        new($"{name}: a string is not valid UTF-8 (or escapes half a surrogate pair). Write the file as UTF-8.");
}
