namespace Osmo.Cli.Terminal;

/// <summary>The standard streams, and what is known about who reads them. The only place that touches the process's console.</summary>
internal sealed class CliTerminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Whether nothing is piped in, so that reading would wait for somebody to type.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Whether a person reads the output on a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether colour is welcome: a terminal, without NO_COLOR.</summary>
    public bool Colour { get; init; }

    public static CliTerminal OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        OpenInput = Console.OpenStandardInput,
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        Colour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
    };
}
