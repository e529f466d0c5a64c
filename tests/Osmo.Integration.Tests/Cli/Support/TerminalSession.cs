using System.Diagnostics;
using System.Text;
using Osmo.Testing;

namespace Osmo.Integration.Tests.Cli.Support;

/// <summary>A command that runs on a pseudo-terminal until somebody ends it.</summary>
internal sealed class TerminalSession : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Lock _gate = new();
    private readonly Task _reading;

    public TerminalSession(IReadOnlyDictionary<string, string?> environment, string[] args)
    {
        _process = Process.Start(OsmoProcess.OnTerminal(columns: 200, environment, args))!;
        _reading = ReadAsync();
    }

    /// <summary>What the terminal shows so far.</summary>
    public string Output
    {
        get
        {
            lock (_gate)
            {
                return _output.ToString();
            }
        }
    }

    public Task ShowsAsync(string text) =>
        Eventually.HoldsAsync(() => Output.Contains(text, StringComparison.Ordinal), $"the terminal shows \"{text}\"", () => Output);

    /// <summary>Types something.</summary>
    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until the command has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndsAsync()
    {
        await Eventually.HoldsAsync(() => _process.HasExited, "the command has ended", () => Output);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4_096];
        for (int read; (read = await _process.StandardOutput.ReadAsync(buffer)) > 0;)
        {
            lock (_gate)
            {
                _output.Append(buffer, 0, read);
            }
        }
    }
}
