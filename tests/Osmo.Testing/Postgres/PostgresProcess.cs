using System.Collections.Concurrent;
using System.Diagnostics;

namespace Osmo.Testing.Postgres;

/// <summary>The processes of a running PostgreSQL server: the postmaster and its children.</summary>
internal sealed class PostgresProcess : IDisposable
{
    private const int LogLinesMax = 200;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();

    public PostgresProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    public string Log => string.Join('\n', _log);

    public async Task StopAsync(PostgresStop how)
    {
        if (!_process.HasExited)
        {
            await ResumeAsync();
            await SignalAsync(how == PostgresStop.Fast ? "INT" : "QUIT", [_process.Id]);
        }

        using var limit = new CancellationTokenSource(StopTimeout);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"PostgreSQL did not stop within {StopTimeout.TotalSeconds} s; it said: {Log}");
        }
    }

    public async Task PauseAsync()
    {
        // The postmaster first: it makes no new children then.
        await SignalAsync("STOP", [_process.Id]);
        await SignalAsync("STOP", Children());
    }

    public async Task ResumeAsync()
    {
        await SignalAsync("CONT", Children());
        await SignalAsync("CONT", [_process.Id]);
    }

    public void Dispose() => _process.Dispose();

    private static async Task SignalAsync(string signal, int[] processes)
    {
        if (processes.Length == 0)
        {
            return;
        }

        // A child that ended in the meantime is no failure.
        using var kill = Process.Start(
            new ProcessStartInfo("kill", [$"-{signal}", .. processes.Select(id => $"{id}")]) { RedirectStandardError = true })!;
        await kill.StandardError.ReadToEndAsync();
        await kill.WaitForExitAsync();
    }

    private int[] Children() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id != 0 && ParentOf(id) == _process.Id),
    ];

    private static int ParentOf(int id)
    {
        try
        {
            // "id (name) state parent ...": the name may hold anything, also spaces and brackets.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _log.Enqueue(line);
        if (_log.Count > LogLinesMax)
        {
            _log.TryDequeue(out _);
        }
    }
}
