namespace Osmo.Cli;

/// <summary>Something the user can mend. The message is shown as it is: what is wrong, where, and what to do.</summary>
internal class CliError(string message, int exitCode = ExitCode.BadInput) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
