using System.CommandLine;

namespace Osmo.Cli.Help;

/// <summary>A command with more to say than one line: the summary stands in lists, the rest in its own help.</summary>
/// <param name="name">The command's name.</param>
/// <param name="summary">One sentence.</param>
/// <param name="details">What follows the options: explanations and examples.</param>
internal sealed class DocumentedCommand(string name, string summary, string details = "") : Command(name, summary)
{
    public string Details { get; } = details;
}
