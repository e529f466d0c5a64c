using System.Diagnostics;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>Runs <c>osmo</c> as a user does: another process, with pipes for its streams.</summary>
internal static class OsmoProcess
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "osmo");

    // Whoever runs the tests may have a home with log-ins; they are no part of a test.
    private static readonly Dictionary<string, string?> NoHome = new()
    {
        ["OSMO_CONFIG_FILE_DIR"] = Path.Combine(AppContext.BaseDirectory, "no-such-home"),
    };

    public static Task<ProcessResult> RunAsync(params string[] args) => RunWithInputAsync("", args);

    public static Task<ProcessResult> RunWithInputAsync(string input, params string[] args) => RunAsync(input, NoHome, args);

    /// <summary>Runs it with variables of its own; those that are null are not set.</summary>
    public static Task<ProcessResult> RunAsync(string input, IReadOnlyDictionary<string, string?> environment, params string[] args) =>
        RunAsync(Start(Executable, environment, args), input);

    /// <summary>Runs it with a pseudo-terminal as its standard streams; what it writes, errors included, arrives in <c>Out</c>.</summary>
    public static Task<ProcessResult> RunOnTerminalAsync(bool noColour, params string[] args) =>
        RunOnTerminalAsync(200, "", new Dictionary<string, string?>(NoHome) { ["NO_COLOR"] = noColour ? "1" : null }, args);

    public static Task<ProcessResult> RunOnTerminalAsync(
        int columns, string typed, IReadOnlyDictionary<string, string?> environment, params string[] args) =>
        RunAsync(OnTerminal(columns, environment, args), typed);

    /// <summary>Runs another program.</summary>
    public static Task<ProcessResult> RunFileAsync(string file, params string[] args) => RunAsync(Start(file, NoHome, args), "");

    /// <summary>How it is started on a pseudo-terminal.</summary>
    public static ProcessStartInfo OnTerminal(int columns, IReadOnlyDictionary<string, string?> environment, string[] args)
    {
        var command = string.Join(' ', args.Prepend(Executable).Select(arg => $"'{arg}'"));
        string[] script = ["script", "-qec", $"stty cols {columns}; TERM=xterm-256color {command}", "/dev/null"];

        // INT may have been switched off by whoever started the tests in the background.
        return Start("env", environment, ["--default-signal=INT", .. script]);
    }

    private static ProcessStartInfo Start(string file, IReadOnlyDictionary<string, string?> environment, string[] args)
    {
        var start = new ProcessStartInfo(file, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task<ProcessResult> RunAsync(ProcessStartInfo start, string input)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            await WriteInputAsync(process, input);
            await process.WaitForExitAsync(deadline.Token);
            return new ProcessResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{start.FileName} {string.Join(' ', start.ArgumentList)}' did not end within {Deadline}.");
        }
    }

    private static async Task WriteInputAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The process ended without reading its input, which is its right: a usage error, say.
        }
    }
}

/// <summary>How a process ended and what it wrote.</summary>
internal sealed record ProcessResult(int ExitCode, string Out, string Error);
