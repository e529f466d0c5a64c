using System.Collections.Concurrent;
using System.Diagnostics;

namespace Osmo.Testing.Serving;

/// <summary>The server as people run it: a process of its own, which can be killed.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const string Announcement = "Osmo listens on ";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _errorsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Output(line.Data);
        _process.ErrorDataReceived += (_, line) => Error(line.Data);
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>What it wrote to its standard error so far.</summary>
    public string ErrorText => string.Join('\n', _errors);

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message has what it said.</exception>
    public static async Task<ServerProcess> StartAsync(string folder, string url = "http://127.0.0.1:0", params string[] more)
    {
        var server = Begin(["serve", "--url", url, "--data", folder, .. more]);
        using var limit = new CancellationTokenSource(Deadline);
        var ended = server._process.WaitForExitAsync(limit.Token);
        if (await Task.WhenAny(server._listening.Task, ended) == ended)
        {
            var said = server.ErrorText;
            await server.DisposeAsync();
            throw new InvalidOperationException($"The server did not start: {said}");
        }

        server.Url = await server._listening.Task;
        return server;
    }

    /// <summary>Runs the program until it ends by itself.</summary>
    /// <param name="args">Its command line.</param>
    public static async Task<(int ExitCode, string Error)> RunAsync(params string[] args)
    {
        await using var server = Begin(args);
        using var limit = new CancellationTokenSource(Deadline);
        try
        {
            await server._process.WaitForExitAsync(limit.Token);
            await server._errorsEnded.Task.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"'{string.Join(' ', args)}' did not end within {Deadline.TotalSeconds} s; it said: {server.ErrorText}");
        }

        return (server._process.ExitCode, server.ErrorText);
    }

    /// <summary>Sets how large the files that the server writes may become; null for no limit. Writes beyond that fail.</summary>
    public async Task LimitFilesAsync(long? bytes)
    {
        var soft = bytes is null ? "unlimited" : $"{bytes}";
        using var process = Process.Start("prlimit", ["--pid", $"{_process.Id}", $"--fsize={soft}:unlimited"]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new PlatformNotSupportedException($"prlimit ended with {process.ExitCode}.");
        }
    }

    /// <summary>SIGKILL: it gets no chance to finish anything.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static ServerProcess Begin(string[] args)
    {
        // Without the signal a file that grows beyond its limit is an error of the write, as a full disk is, and not the end.
        var program = Path.Combine(AppContext.BaseDirectory, "Osmo.Server.dll");
        string[] command = ["-c", "trap '' XFSZ; exec \"$@\"", "sh", "dotnet", program, .. args];
        var start = new ProcessStartInfo("sh", command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = new ServerProcess(start);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    private void Output(string? line)
    {
        if (line?.StartsWith(Announcement, StringComparison.Ordinal) == true)
        {
            _listening.TrySetResult(new Uri(line[Announcement.Length..]));
        }
    }

    private void Error(string? line)
    {
        if (line is null)
        {
            _errorsEnded.TrySetResult();
        }
        else
        {
            _errors.Enqueue(line);
        }
    }
}
