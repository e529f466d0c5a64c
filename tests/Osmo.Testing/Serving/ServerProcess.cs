using System.Collections.Concurrent;
using System.Diagnostics;

namespace Osmo.Testing.Serving;

/// <summary>The server as people run it: a process of its own, which can be killed.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const string Announcement = "Osmo listens on ";

    /// <summary>A member that starts with many others waits for its turn at the processors, and for the others.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
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

    /// <summary>The lines of its standard output so far.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The lines that it wrote to its standard error so far.</summary>
    public IReadOnlyList<string> ErrorLines => [.. _errors];

    /// <summary>What it wrote to its standard error so far.</summary>
    public string ErrorText => string.Join('\n', _errors);

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message has what it said.</exception>
    public static Task<ServerProcess> StartAsync(string folder, string url = "http://127.0.0.1:0", params string[] more) =>
        StartAsync(["serve", "--url", url, "--data", folder, .. more]);

    /// <summary>Starts any of the program's commands and waits until it listens.</summary>
    /// <param name="args">Its command line.</param>
    /// <param name="program">Path of the program where it is not this build's.</param>
    /// <param name="environment">Variables of its environment, as <c>NAME=value</c>.</param>
    /// <param name="cancellationToken">Ends the wait, and the process.</param>
    /// <exception cref="InvalidOperationException">It ended instead; the message has what it said.</exception>
    public static async Task<ServerProcess> StartAsync(
        string[] args, string? program = null, string[]? environment = null, CancellationToken cancellationToken = default)
    {
        var server = Begin(args, program, environment);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Deadline);
        var ended = server._process.WaitForExitAsync(limit.Token);
        if (await Task.WhenAny(server._listening.Task, ended) == ended)
        {
            var said = server.ErrorText;
            await server.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
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

    /// <summary>Asks it to stop by a signal, and waits until its end.</summary>
    /// <param name="signal">The signal's name, such as <c>TERM</c>.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(string signal)
    {
        await SignalAsync(signal);
        using var limit = new CancellationTokenSource(Deadline);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>Waits until it has ended, by itself or by whatever was done to it.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>SIGSTOP: it stands still, with all that it holds and every connection open.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT: it goes on and does not know that time passed.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Its memory that is in use, in bytes, as the system counts it; 0 where it has ended.</summary>
    public long ResidentBytes()
    {
        try
        {
            _process.Refresh();
            return _process.HasExited ? 0 : _process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
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

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private static ServerProcess Begin(string[] args, string? program = null, string[]? environment = null)
    {
        // Without XFSZ a file that grows beyond its limit is an error of the write, as a full disk is, and not the end. INT may have been
        // switched off by whoever started the tests in the background.
        string[] command =
        [
            "--ignore-signal=XFSZ", "--default-signal=INT", .. environment ?? [],
            "dotnet", program ?? Path.Combine(AppContext.BaseDirectory, "osmo-server.dll"),
            .. args,
        ];
        var start = new ProcessStartInfo("env", command)
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
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        if (line.StartsWith(Announcement, StringComparison.Ordinal))
        {
            _listening.TrySetResult(new Uri(line[Announcement.Length..].Split(' ')[0]));
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
