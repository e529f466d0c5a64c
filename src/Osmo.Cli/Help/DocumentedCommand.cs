using System.CommandLine;

namespace Osmo.Cli.Help;

/// <summary>A command with more to say than one line: the summary stands in lists, the rest in its own help.</summary>
/// <param name="name">The command's name.</param>
/// <param name="summary">One sentence.</param>
/// <param name="details">What follows the options: explanations and examples.</param>
/// <param name="isLocal">Whether it, and what is under it, does its work on this machine and asks no gateway.</param>
internal sealed class DocumentedCommand(string name, string summary, string details = "", bool isLocal = false) : Command(name, summary)
{
    public string Details { get; } = details;

    public bool IsLocal { get; } = isLocal;
}
