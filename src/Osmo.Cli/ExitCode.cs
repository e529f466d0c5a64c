namespace Osmo.Cli;

/// <summary>Exit codes, as every help text and docs/cli.md list them. From 10 on trying again later may help.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int BadInput = 1;
    public const int Usage = 2;
    public const int Unreachable = 10;
    public const int RateLimited = 75;

    /// <summary>128 and the number of SIGINT, as shells say it of any program that Ctrl-C ended.</summary>
    public const int Interrupted = 130;

    /// <summary>The list that closes each help text.</summary>
    public const string Help = """
        Exit codes:
          0   done
          1   refused, or a file that cannot be used: the message says what to mend
          2   the command line was wrong
          10  the gateway cannot be reached, or cannot answer now
          75  too many requests: wait, then try again
          130 interrupted (Ctrl-C)
        """;
}
