using System.Diagnostics;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>Runs <c>osmo</c> as a user does: another process, with pipes for its streams.</summary>
internal static class OsmoProcess
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "osmo");

    public static Task<ProcessResult> RunAsync(params string[] args) => RunWithInputAsync("", args);

    public static Task<ProcessResult> RunWithInputAsync(string input, params string[] args) => StartAsync(Executable, input, args);

    /// <summary>Runs it with a pseudo-terminal as its standard streams; what it writes, errors included, arrives in <c>Out</c>.</summary>
    public static Task<ProcessResult> RunOnTerminalAsync(bool noColour, params string[] args)
    {
        var command = string.Join(' ', args.Prepend(Executable).Select(arg => $"'{arg}'"));
        var variables = noColour ? "NO_COLOR=1 " : "env -u NO_COLOR ";
        return StartAsync("script", "", ["-qec", $"stty cols 200; {variables}TERM=xterm-256color {command}", "/dev/null"]);
    }

    private static async Task<ProcessResult> StartAsync(string file, string input, string[] args)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        using var process = Process.Start(new ProcessStartInfo(file, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
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
            throw new TimeoutException($"'{file} {string.Join(' ', args)}' did not end within {Deadline}.");
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
