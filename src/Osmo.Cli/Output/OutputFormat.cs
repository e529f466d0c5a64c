using System.CommandLine;

namespace Osmo.Cli.Output;

/// <summary>How a command writes what it found.</summary>
internal enum OutputFormat
{
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

/// <summary>
/// The option <c>-o</c>; <c>-t</c> and <c>--format-type</c> are OSMO's names for it, and <c>text</c> its name for a table.
/// </summary>
internal sealed class OutputOption
{
    private const string TextAlias = "text";

    private readonly Option<string> _option = new("--output", "-o", "--format-type", "-t")
    {
        HelpName = "FORMAT",
        DefaultValueFactory = _ => "table",
    };

    /// <param name="formats">The formats that the command has; the first is the default.</param>
    public OutputOption(params OutputFormat[] formats)
    {
        string[] names = [.. formats.Select(format => format.ToString().ToLowerInvariant())];
        _option.Description = $"{Choices.Listed(names)}.";
        _option.Only(names, TextAlias);
    }

    public void AddTo(Command command) => command.Options.Add(_option);

    public OutputFormat Of(ParseResult parsed) =>
        Enum.TryParse<OutputFormat>(parsed.GetValue(_option), ignoreCase: true, out var format) ? format : OutputFormat.Table;

    /// <summary>Whether somebody asked for a format, so that a command must not choose by itself.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_option) is { Implicit: false };
}
