using Osmo.Kubernetes;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;

namespace Osmo.Fault.Tests.Kubernetes;

/// <summary>A reflector at work against a scripted server.</summary>
internal sealed class ReflectorFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private KubernetesClient? _client;
    private Task? _running;

    public ScriptedServer Server { get; } = new();

    public RecordingSink Sink { get; } = new();

    public ReflectorOptions Options { get; set; } = new()
    {
        BackoffMsInitial = 1,
        BackoffMsMax = 20,
        RefusedBackoffMsMax = 20,
        WatchTooShort = TimeSpan.Zero,
        SilentWatchSuspect = TimeSpan.FromHours(1),
    };

    public KubernetesClientOptions ClientOptions { get; set; } = new() { ListPageItems = 2 };

    /// <summary>The reflector's clock; the client's is always the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Reflector? Reflector { get; private set; }

    public ReflectorState State => Reflector!.State;

    public ReflectorFixture Start()
    {
        _client = new KubernetesClient(KubernetesConfiguration.ForServer(Server.Address, "a-token"), ClientOptions);
        Reflector = new Reflector(_client, Sink, Options, Time);
        _running = Reflector.RunAsync(_stop.Token);
        return this;
    }

    public Task WorldIsAsync(string world) => Eventually.HoldsAsync(
        () => Fails() || Sink.World == world, $"the world is \"{world}\"", () => $"\"{Sink.World}\", {State}");

    public Task HoldsAsync(Func<bool> condition, string what) => Eventually.HoldsAsync(
        () => Fails() || condition(),
        what,
        () => $"{State}; calls {string.Join("; ", Sink.Calls)}; requests {string.Join("; ", Server.Requests.Select(r => r.Target))}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_running is not null)
        {
            await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        await Server.DisposeAsync();
        _client?.Dispose();
        _stop.Dispose();
    }

    // A reflector that died is a failure to show at once, not after the deadline.
    private bool Fails() => _running is { IsFaulted: true, Exception: { } e } ? throw e : false;
}
