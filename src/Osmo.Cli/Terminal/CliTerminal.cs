namespace Osmo.Cli.Terminal;

/// <summary>The standard streams, and what is known about who reads them. The only place that touches the process's console.</summary>
internal sealed class CliTerminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Reads a line that somebody types; null where there is nobody any more.</summary>
    public Func<string?> ReadLine { get; init; } = static () => null;

    /// <summary>Whether nothing is piped in, so that reading would wait for somebody to type.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Whether a person reads the output on a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether a person reads the errors, progress included, on a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of the terminal; null where the output is none.</summary>
    public int? Width { get; init; }

    /// <summary>Whether colour is welcome: a terminal, without NO_COLOR.</summary>
    public bool Colour { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static CliTerminal OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        OpenInput = Console.OpenStandardInput,
        ReadLine = Console.ReadLine,
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Width = Console.IsOutputRedirected ? null : WindowWidth(),
        Colour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
    };

    /// <summary>Null where the terminal does not say: some pseudo-terminals have no size.</summary>
    private static int? WindowWidth() => Console.WindowWidth is > 0 and var width ? width : null;
}
