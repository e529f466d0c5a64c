using Osmo.Fault.Tests.Kubernetes;
using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Osmo.KubeSim.Storage;
using Osmo.Testing;
using Osmo.Testing.Kubernetes;
using Xunit;

namespace Osmo.Fault.Tests.Wire;

/// <summary>A reflector and a patcher at work against a simulated API server, over real sockets.</summary>
internal sealed class WireFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;

    private WireFixture(KubeSimServer server) => Server = server;

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What every test begins with; patient enough that nothing but the fault at hand makes the client act.</summary>
    public static ReflectorOptions Patient { get; } = new()
    {
        BackoffMsInitial = 1,
        BackoffMsMax = 50,
        RefusedBackoffMsMax = 20,
        WatchTooShort = TimeSpan.Zero,
    };

    public KubeSimServer Server { get; private set; }

    public SimulatedCluster Cluster => Server.Cluster;

    public FaultPlan Faults => Server.Faults;

    public KubernetesClient Client { get; private set; } = null!;

    public NodePatcher Patcher { get; private set; } = null!;

    public Reflector Reflector { get; private set; } = null!;

    public ReflectorState State => Reflector.State;

    public RecordingSink Sink { get; } = new();

    /// <summary>Calls that told the sink something.</summary>
    public int Deliveries => Sink.Calls.Count(call => call != "synced");

    /// <summary>Starts a server with nodes named node-0, node-1 ..., without a reflector yet.</summary>
    public static async Task<WireFixture> ServeAsync(
        int nodes = 3, KubeSimOptions? simulated = null, KubernetesClientOptions? limits = null, string? tokenFile = null)
    {
        WireFixture fixture = new(await KubeSimServer.StartAsync(simulated ?? new KubeSimOptions { Tls = true }, Cancel));
        for (int i = 0; i < nodes; i++)
        {
            fixture.AddNode($"node-{i}");
        }

        string? authority = fixture.Server.AuthorityPem;
        KubernetesConfiguration configuration = new()
        {
            Server = fixture.Server.BaseUri,
            Source = "test",
            Authority = authority is null ? null : CertificateAuthority.FromPem(authority, "test"),
            Credentials = tokenFile is null ? StaticCredentials.None : new TokenFileCredentials(tokenFile, TimeProvider.System),
        };
        fixture.Client = new KubernetesClient(configuration, limits);
        fixture.Patcher = new NodePatcher(fixture.Client);
        return fixture;
    }

    /// <summary>Starts a server and a reflector, and waits until they agree.</summary>
    public static async Task<WireFixture> FollowAsync(
        int nodes = 3, KubeSimOptions? simulated = null, ReflectorOptions? options = null, KubernetesClientOptions? limits = null)
    {
        WireFixture fixture = await ServeAsync(nodes, simulated, limits);
        fixture.Start(options);
        await fixture.AgreesAsync();
        await fixture.HoldsAsync(() => fixture.Server.Requests.OpenWatches == 1, "a watch is open");
        return fixture;
    }

    public void Start(ReflectorOptions? options = null)
    {
        Reflector = new Reflector(Client, Sink, options ?? Patient);
        _running = Reflector.RunAsync(_stop.Token);
    }

    public SimulatedNode AddNode(string name, string uid = "") => Cluster.AddNode(NodeJson.Small(name, 1, uid));

    /// <summary>Puts another server, with another past, on the same port.</summary>
    public async Task ReplaceServerAsync(SimulatedCluster cluster)
    {
        int port = Server.Port;
        await Server.DisposeAsync();
        Server = await KubeSimServer.StartAsync(new KubeSimOptions { Port = port, Cluster = cluster }, Cancel);
    }

    public void DropWatches() => Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));

    public Task<PatchResult> LabelAsync(string node, string key, string? value, string? uid = null) =>
        Patcher.PatchLabelsAsync(node, [new(key, value)], uid, Cancel);

    /// <summary>Waits until the sink knows exactly what the server holds, or the part of it that is given.</summary>
    public Task AgreesAsync(Func<SimulatedNode, bool>? part = null) => HoldsAsync(
        () => State.IsSynced && Difference(part) is null, "the sink agrees with the server", () => Difference(part));

    public Task HoldsAsync(Func<bool> condition, string what, Func<object?>? found = null) => Eventually.HoldsAsync(
        () => Fails() || condition(), what, () => $"{found?.Invoke()}; {State}; calls {string.Join("; ", Sink.Calls.Take(50))}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_running is not null)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        }

        await Server.DisposeAsync();
        Client.Dispose();
        _stop.Dispose();
    }

    private string? Difference(Func<SimulatedNode, bool>? part)
    {
        NodeDecoder decoder = new();
        SimulatedNode[] held = [.. Cluster.Nodes.Where(part ?? (_ => true))];
        foreach (SimulatedNode node in held)
        {
            NodeProjection expected = decoder.DecodeNode(node.ToJsonUtf8(), known: null, out _)!;
            if (!Sink.Nodes.TryGetValue(node.Name, out NodeProjection? known) || !known.SameState(expected))
            {
                return $"{node.Name} is {(known is null ? "unknown" : "known otherwise")}";
            }
        }

        return Sink.Nodes.Count == held.Length ? null : $"{Sink.Nodes.Count} nodes are known, there are {held.Length}";
    }

    // A reflector that died is a failure to show at once, not after the deadline.
    private bool Fails() => _running is { IsFaulted: true, Exception: { } e } ? throw e : false;
}
