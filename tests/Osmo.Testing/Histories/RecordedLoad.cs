using System.Collections.Concurrent;
using System.Diagnostics;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Histories;

/// <summary>
/// Clients that read and change configurations, some of them on the condition of the revision that they saw last, and remember all of
/// it, to be checked in the end.
/// </summary>
public sealed class RecordedLoad : IAsyncDisposable
{
    private const double ReadShare = 0.4;
    private const double ConditionalShare = 0.4;
    private static readonly TimeSpan RepeatPause = TimeSpan.FromMilliseconds(50);

    private static int _loads;

    private readonly RecordedLoadOptions _options;
    private readonly HttpClient[] _gateways;
    private readonly RegisterHistory[] _histories;
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly int _load = Interlocked.Increment(ref _loads);
    private volatile bool _stops;
    private Task _running = Task.CompletedTask;
    private long _repeated;
    private long _repeatedAgain;
    private int _probes;

    private RecordedLoad(RecordedLoadOptions options, HttpClient[] gateways, RegisterHistory[] histories)
    {
        _options = options;
        _gateways = gateways;
        _histories = histories;
    }

    /// <summary>One for each backend.</summary>
    public IReadOnlyList<RegisterHistory> Histories => _histories;

    /// <summary>Writes that were acknowledged so far.</summary>
    public long Acknowledged => _histories.Sum(history => history.AcknowledgedWrites);

    /// <summary>Requests that had no answer after they were repeated once, so far.</summary>
    public long RepeatedAgain => Interlocked.Read(ref _repeatedAgain);

    /// <summary>Starts the clients, after a first look at what is there.</summary>
    public static async Task<RecordedLoad> StartAsync(IEnumerable<Uri> gateways, IEnumerable<string> backends, RecordedLoadOptions options)
    {
        var clients = gateways.Select(url => new HttpClient { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan }).ToArray();
        var histories = new List<RegisterHistory>();
        foreach (var backend in backends)
        {
            var first = default(RegisterAnswer);
            await Eventually.AgreesAsync(
                async () =>
                {
                    first = await ConfigRegister.ReadAsync(clients[0], backend, CancellationToken.None);
                    return first.Kind == AnswerKind.Ok && first.State.Revision > 0 ? null : $"{first.Kind} {first.Text}";
                },
                $"{backend} can be read");
            histories.Add(new RegisterHistory(backend, first.State));
        }

        var load = new RecordedLoad(options, clients, [.. histories]);
        load._running = Task.WhenAll(Enumerable.Range(0, options.Clients).Select(client => Task.Run(() => load.RunAsync(client))));
        return load;
    }

    /// <summary>Waits until that many more writes were acknowledged.</summary>
    public Task AdvancesAsync(int writes = 50)
    {
        var until = Acknowledged + writes;
        return Eventually.HoldsAsync(() => Acknowledged >= until, $"{writes} more writes are acknowledged", () => Acknowledged);
    }

    /// <summary>Waits until a write of every backend was acknowledged that began later than now.</summary>
    public Task EveryBackendAcceptsAWriteAsync() => AcceptAWriteAsync(_histories);

    /// <summary>Waits until a write of each of these backends was acknowledged that began later than now.</summary>
    public Task BackendsAcceptAWriteAsync(IReadOnlyCollection<string> backends) =>
        AcceptAWriteAsync([.. _histories.Where(history => backends.Contains(history.Name))]);

    /// <summary>Asks once for a write of a backend, whatever becomes of it, beside what the clients do.</summary>
    public async Task<RegisterOutcome> WriteOnceAsync(string backend)
    {
        var history = _histories.Single(history => history.Name == backend);
        return (await WriteAsync(Prober(), history, null, repeats: false)).Outcome;
    }

    /// <summary>Lets every client finish what it has begun.</summary>
    public async Task StopAsync()
    {
        _stops = true;
        await _running;
    }

    /// <summary>
    /// Stops, and checks what the clients saw and what the store has: every acknowledged write is there once, every backend's history is
    /// linearizable, the revisions have no gaps.
    /// </summary>
    /// <returns>What was checked, in words.</returns>
    /// <exception cref="InvalidDataException">Something is not as it has to be; the message says what.</exception>
    public async Task<string> CheckAsync(IFleetApi server)
    {
        await StopAsync();
        var start = Stopwatch.GetTimestamp();
        var stored = await StoredHistory.ReadAsync(server);
        var problems = _histories.Select(history => history.Violation(stored.Of(history.Name)))
            .Append(stored.Gap())
            .Concat(_wrong)
            .OfType<string>()
            .ToList();
        var operations = _histories.Sum(history => history.Operations.Count);
        var summary = $"{operations} operations of {_options.Clients} clients on {_histories.Length} backends, {Acknowledged} writes "
            + $"acknowledged, {_histories.Sum(history => history.UnknownWrites)} without an answer, {_repeated} requests repeated; "
            + $"checked in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms";
        return problems.Count == 0
            ? summary
            : throw new InvalidDataException($"{string.Join('\n', problems.Take(10))}\n({problems.Count} problems; {summary})");
    }

    /// <summary>Stops the clients; may be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Array.ForEach(_gateways, gateway => gateway.Dispose());
    }

    private async Task AcceptAWriteAsync(IReadOnlyList<RegisterHistory> histories)
    {
        var client = Prober();
        await Parallel.ForEachAsync(
            histories,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (history, _) => await Eventually.AgreesAsync(
                async () =>
                    await WriteAsync(client, history, null, _options.Repeats) is { Outcome: RegisterOutcome.Ok } ? null : "no answer",
                $"{history.Name} accepts a write"));
    }

    private async Task RunAsync(int number)
    {
        var client = new ClientState($"client-{_load}-{number}", _histories.Length, _options.Seed + number);
        using var pause = new PeriodicTimer(_options.Pause);
        while (!_stops)
        {
            var random = client.Random;
            var isHot = random.Next(2) == 0;
            var backend = random.Next(isHot ? Math.Min(_options.HotBackends, _histories.Length) : _histories.Length);
            if (random.NextDouble() < ReadShare)
            {
                await ReadAsync(client, backend);
            }
            else
            {
                long? condition = random.NextDouble() < ConditionalShare && client.Seen[backend] is > 0 and var seen ? seen : null;
                var written = await WriteAsync(client, _histories[backend], condition, _options.Repeats);
                client.Seen[backend] = written.Outcome switch
                {
                    RegisterOutcome.Ok => written.Revision,
                    RegisterOutcome.Refused => 0,
                    _ => client.Seen[backend],
                };
            }

            await pause.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private async Task ReadAsync(ClientState client, int backend)
    {
        var history = _histories[backend];
        var invokedAt = RegisterHistory.Now();
        var answer = await AskAsync(
            client, _options.Repeats, (gateway, cancel) => ConfigRegister.ReadAsync(gateway, history.Name, cancel));
        if (answer.Kind == AnswerKind.Ok)
        {
            client.Seen[backend] = answer.State.Revision;
            history.Add(new RegisterOperation(
                client.Name,
                RegisterAction.Read,
                RegisterOutcome.Ok,
                answer.State.Value,
                answer.State.Revision,
                IfMatch: null,
                invokedAt,
                RegisterHistory.Now()));
        }
    }

    private async Task<RegisterOperation> WriteAsync(ClientState client, RegisterHistory history, long? condition, bool repeats)
    {
        var value = client.NextValue();
        var invokedAt = RegisterHistory.Now();
        var answer = await AskAsync(
            client, repeats, (gateway, cancel) => ConfigRegister.WriteAsync(gateway, history.Name, value, condition, key: value, cancel));
        var outcome = answer.Kind switch
        {
            AnswerKind.Ok => RegisterOutcome.Ok,
            AnswerKind.Refused => RegisterOutcome.Refused,
            _ => RegisterOutcome.Unknown,
        };
        var operation = new RegisterOperation(
            client.Name, RegisterAction.Write, outcome, value, answer.State.Revision, condition, invokedAt, RegisterHistory.Now());
        history.Add(operation);
        return operation;
    }

    private ClientState Prober() => new($"prober-{_load}-{Interlocked.Increment(ref _probes)}", _histories.Length, _options.Seed);

    /// <summary>Asks a gateway, and where it gives no answer the next one.</summary>
    private async Task<RegisterAnswer> AskAsync(
        ClientState client, bool repeats, Func<HttpClient, CancellationToken, Task<RegisterAnswer>> ask)
    {
        var start = Stopwatch.GetTimestamp();
        var first = client.NextGateway(_gateways.Length);
        using var pause = new PeriodicTimer(RepeatPause);
        for (var i = 0; ; i++)
        {
            using var limit = new CancellationTokenSource(_options.AnswerTimeMax);
            var answer = await ask(_gateways[(first + i) % _gateways.Length], limit.Token);
            if (answer.Kind == AnswerKind.Wrong)
            {
                _wrong.Enqueue($"{client.Name} was answered {answer.Text}");
            }

            if (answer.Kind != AnswerKind.None || !repeats || Stopwatch.GetElapsedTime(start) > _options.OperationTimeMax)
            {
                return answer;
            }

            Interlocked.Increment(ref _repeated);
            if (i > 0)
            {
                Interlocked.Increment(ref _repeatedAgain);
            }

            await pause.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>What one client remembers; the prober's is used by several requests at once, so values are counted with care.</summary>
    private sealed class ClientState(string name, int backends, int seed)
    {
        private int _values;
        private int _requests;

        public string Name => name;

        public Random Random { get; } = new(seed);

        /// <summary>The revision seen last, for each backend; 0 for none that is still worth a condition.</summary>
        public long[] Seen { get; } = new long[backends];

        public string NextValue() => $"{name}-{Interlocked.Increment(ref _values)}";

        public int NextGateway(int gateways) => (int)((uint)Interlocked.Increment(ref _requests) % gateways);
    }
}
