using System.Collections.Concurrent;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Cluster;

/// <summary>
/// A silo or a gateway of a cluster: a process with a name, which can end and be started again under it. If it ends by itself it is started
/// again, as its supervisor would: a member that the others took for dead ends.
/// </summary>
/// <param name="name">The name, which is the member's.</param>
/// <param name="url">Where it serves its REST API or its status.</param>
/// <param name="args">Its command line.</param>
public sealed class ClusterProcess(string name, Uri url, string[] args) : IAsyncDisposable
{
    /// <summary>Path of the <c>osmo-server.dll</c> that every process of a cluster runs, if it is not this build's.</summary>
    public const string ServerVariable = "OSMO_TEST_SERVER";

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    /// <summary>On a busy machine a member may be taken for dead before it has joined the others: then it ends and begins again.</summary>
    private const int StartsMax = 5;

    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentQueue<ServerProcess> _past = new();
    private readonly ConcurrentQueue<string> _failedStarts = new();
    private readonly HttpClient _http = new() { BaseAddress = url, Timeout = AnswerTimeout };
    private CancellationTokenSource? _supervision;
    private Task _supervising = Task.CompletedTask;
    private ServerProcess? _process;
    private string? _program;
    private int _ends;

    public string Name => name;

    /// <summary>Where it serves its REST API or its status; the same after every start.</summary>
    public Uri Url => url;

    /// <summary>A client of this process alone.</summary>
    public HttpClient Http => _http;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Whether it runs, or is about to be started again by itself.</summary>
    public bool IsSupervised => _supervision is not null;

    /// <summary>How often it ended by itself.</summary>
    public int Ends => Volatile.Read(ref _ends);

    /// <summary>The process that runs.</summary>
    public ServerProcess Process => _process ?? throw new InvalidOperationException($"{name} does not run.");

    /// <summary>Everything that it logged, over all of its starts.</summary>
    public IEnumerable<string> Log =>
        _past.Append(_process).OfType<ServerProcess>().SelectMany(process => process.ErrorLines).Concat(_failedStarts);

    /// <summary>Its memory in use; 0 if it does not run.</summary>
    public long ResidentBytes => _process?.ResidentBytes() ?? 0;

    /// <summary>Starts the process and waits until it listens, which may be before it is ready.</summary>
    public async Task StartAsync()
    {
        await StartAgainAsync(CancellationToken.None);
        var supervision = _supervision = new CancellationTokenSource();
        _supervising = Task.Run(() => SuperviseAsync(supervision.Token));
    }

    /// <summary>What is to run from the next start on.</summary>
    /// <param name="program">Path of the program of another build; null for this one, or what <see cref="ServerVariable"/> names.</param>
    public void Use(string? program) => _program = program;

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        await LeaveAloneAsync();
        if (IsRunning)
        {
            await Process.KillAsync();
        }

        await EndAsync();
    }

    /// <summary>SIGTERM, and the wait for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        await LeaveAloneAsync();
        var exitCode = await Process.StopAsync("TERM");
        await EndAsync();
        return exitCode;
    }

    /// <summary>What <c>/readyz</c> says: null if the process is ready, else why not.</summary>
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
    /// Lets a member go on that was paused for so long that the others took it for dead, and waits until it is started again.
    /// </summary>
    public async Task ResumeAsync()
    {
        var ends = Ends;
        await Process.ResumeAsync();
        await Eventually.HoldsAsync(
            () => Ends > ends, $"{name} ends, because the others took it for dead", () => string.Join('\n', Log.TakeLast(20)));
        await ReadyAsync();
    }

    /// <summary>Waits until it is ready.</summary>
    public Task ReadyAsync() => Eventually.AgreesAsync(
        async () => IsRunning ? await UnreadyAsync() : $"it ended: {string.Join('\n', Log.TakeLast(20))}", $"{name} is ready");

    public async ValueTask DisposeAsync()
    {
        await LeaveAloneAsync();
        _http.Dispose();
        await EndAsync();
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private Task<ServerProcess> LaunchAsync(CancellationToken cancellationToken) =>
        ServerProcess.StartAsync(args, _program ?? Variable(ServerVariable), cancellationToken: cancellationToken);

    private async Task SuperviseAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Process.WaitForExitAsync(cancellationToken);
                Interlocked.Increment(ref _ends);
                await EndAsync();
                await StartAgainAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // From now on it ends because it is told to.
        }
    }

    private async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        for (var starts = 1; _process is null; starts++)
        {
            try
            {
                _process = await LaunchAsync(cancellationToken);
            }
            catch (InvalidOperationException failure) when (starts < StartsMax)
            {
                _failedStarts.Enqueue(failure.Message);
                await Task.Delay(RestartPause, cancellationToken); // tidy: a supervisor waits before it starts a process again
            }
        }
    }

    private async Task LeaveAloneAsync()
    {
        if (_supervision is { } supervision)
        {
            _supervision = null;
            await supervision.CancelAsync();
            await _supervising;
            supervision.Dispose();
        }
    }

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
