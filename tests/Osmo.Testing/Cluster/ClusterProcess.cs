using System.Collections.Concurrent;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Cluster;

/// <summary>A silo or a gateway of a cluster: a process with a name, which can end and be started again under it.</summary>
/// <param name="name">The name, which is the silo's id.</param>
/// <param name="url">Where it serves its REST API or its status.</param>
/// <param name="args">Its command line.</param>
public sealed class ClusterProcess(string name, Uri url, string[] args) : IAsyncDisposable
{
    /// <summary>Names the engine that every process of a cluster runs (<c>--engine</c>), where it is not the usual one.</summary>
    public const string EngineVariable = "OSMO_TEST_ENGINE";

    /// <summary>Path of the <c>osmo-server.dll</c> that every process of a cluster runs, where it is not this build's.</summary>
    public const string ServerVariable = "OSMO_TEST_SERVER";

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentQueue<ServerProcess> _past = new();
    private readonly HttpClient _http = new() { BaseAddress = url, Timeout = AnswerTimeout };
    private ServerProcess? _process;
    private string? _program;

    /// <summary>Whether processes run the engine that they run without being told which.</summary>
    public static bool IsUsualEngine => Variable(EngineVariable) is null;

    public string Name => name;

    /// <summary>Where it serves its REST API or its status; the same after every start.</summary>
    public Uri Url => url;

    /// <summary>A client of this process alone.</summary>
    public HttpClient Http => _http;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The process that runs.</summary>
    public ServerProcess Process => _process ?? throw new InvalidOperationException($"{name} does not run.");

    /// <summary>Everything that it logged, over all of its starts.</summary>
    public IEnumerable<string> Log => _past.Append(_process).OfType<ServerProcess>().SelectMany(process => process.ErrorLines);

    /// <summary>Its memory in use; 0 where it does not run.</summary>
    public long ResidentBytes => _process?.ResidentBytes() ?? 0;

    /// <summary>Starts the process and waits until it listens, which may be before it is ready.</summary>
    public async Task StartAsync() =>
        _process = await ServerProcess.StartAsync([.. args, .. EngineArgs()], _program ?? Variable(ServerVariable));

    /// <summary>What is to run from the next start on.</summary>
    /// <param name="program">Path of the program of another build; null for this one, or what <see cref="ServerVariable"/> names.</param>
    public void Use(string? program) => _program = program;

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        await Process.KillAsync();
        await EndAsync();
    }

    /// <summary>SIGTERM, and the wait for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        var exitCode = await Process.StopAsync("TERM");
        await EndAsync();
        return exitCode;
    }

    /// <summary>What <c>/readyz</c> says: null where the process is ready, else why not.</summary>
    public async Task<string?> UnreadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync("/readyz");
            return answer.IsSuccessStatusCode ? null : $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return failure.Message;
        }
    }

    /// <summary>
    /// Lets a silo go on that was paused for so long that the others took it for dead, and waits until it is ready. Where its engine has it
    /// end then, it is started again, as Kubernetes does.
    /// </summary>
    public async Task ResumeAsync()
    {
        await Process.ResumeAsync();
        if (!IsUsualEngine)
        {
            await Eventually.HoldsAsync(() => !IsRunning, $"{name} ends, because the others took it for dead");
            await EndAsync();
            await StartAsync();
        }

        await ReadyAsync();
    }

    /// <summary>Waits until it is ready.</summary>
    public Task ReadyAsync() => Eventually.AgreesAsync(
        async () => IsRunning ? await UnreadyAsync() : $"it ended: {string.Join('\n', Log.TakeLast(20))}", $"{name} is ready");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await EndAsync();
    }

    /// <summary>A build that a test names has an engine of its own.</summary>
    private string[] EngineArgs() => _program is null && Variable(EngineVariable) is { } engine ? ["--engine", engine] : [];

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private async Task EndAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            _past.Enqueue(process);
            await process.DisposeAsync();
        }
    }
}
