namespace Osmo.Cli;

/// <summary>Exit codes, as the help lists them.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int BadInput = 1;
    public const int Usage = 2;
    public const int Unreachable = 3;
}
