using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Kubernetes;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Agent;

/// <summary>
/// The agent of one backend: watches the cluster's nodes, reports them to the silo and labels them as the silo wants. It outlives the loss
/// of either side and converges afterwards. Several may run in one process.
/// </summary>
public sealed class BackendAgent : IDisposable
{
    private const string UidNamespace = "kube-system";

    private static readonly TimeSpan UidPauseFirst = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan UidPauseMax = TimeSpan.FromSeconds(30);

    // Pacing is the applier's; the patcher's own only keeps the pauses that the server asks for.
    private static readonly NodePatcherOptions UnpacedPatcher = new() { PatchesPerSecond = 1_000_000, PatchBurst = 1_000_000 };

    private readonly AgentOptions _options;
    private readonly KubernetesConfiguration _cluster;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly KubernetesClient _client;
    private readonly NodeStore _store;
    private readonly Reflector _reflector;
    private readonly LabelApplier _labels;
    private readonly GatewayChannel _channel;
    private readonly AgentMetrics _metrics;
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private volatile string? _clusterUid;
    private volatile string? _uidError;
    private bool _isRunning;

    /// <summary>Creates an agent; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="options">What to report where.</param>
    /// <param name="cluster">The cluster to watch.</param>
    /// <param name="logs">Where to log to; nowhere when null.</param>
    /// <param name="time">Clock; the system's when null.</param>
    public BackendAgent(AgentOptions options, KubernetesConfiguration cluster, ILoggerFactory? logs = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(cluster);
        _options = options;
        _cluster = cluster;
        _time = time ?? TimeProvider.System;
        logs ??= NullLoggerFactory.Instance;
        _logger = logs.CreateLogger($"Osmo.Agent.{options.Backend}");
        ILogger kubernetesLogger = logs.CreateLogger($"Osmo.Kubernetes.{options.Backend}");
        string labelKey = options.NodeConditionPrefix.LabelKey;

        _metrics = new AgentMetrics(options.Backend);
        _client = new KubernetesClient(cluster, new KubernetesClientOptions { ListPageItems = options.ListPageItems }, _time);
        AsyncSignal changed = new();
        _store = new NodeStore(changed);
        _reflector = new Reflector(_client, _store, options.Reflector, _time, kubernetesLogger);
        LabelReports reports = new(_store, changed);
        NodeLabelPort port = new(new NodePatcher(_client, UnpacedPatcher, _time, kubernetesLogger), labelKey);
        TokenBucket pace = new(options.ApiQps, options.ApiBurst, _time);
        _labels = new LabelApplier(port, labelKey, _store, reports, pace, _metrics, _time, _logger, options.AllowLabelPatches);
        ReportSources sources = new(_store, new BatchBuilder(labelKey), _labels, reports, changed)
        {
            ClusterError = () => _reflector.State is { ConsecutiveFailures: > 0 } watch ? watch.LastError : null,
        };
        _channel = new GatewayChannel(options, sources, _metrics, _time, _logger);
        _metrics.Observe(() => State);
    }

    /// <summary>What the agent is doing; may be read from any thread.</summary>
    public AgentState State
    {
        get
        {
            ReflectorState watch = _reflector.State;
            return new AgentState
            {
                ClusterUid = _clusterUid,
                IsSynced = _store.IsSynced,
                IsConnected = _channel.IsConnected,
                Nodes = _store.Count,
                PendingNodes = _store.PendingCount,
                UnackedBatches = _channel.UnackedBatches,
                Connections = _channel.Connections,
                Restarts = _channel.Restarts,
                EventsReceived = watch.EventsApplied + watch.EventsUnchanged,
                EventsUnchanged = watch.EventsUnchanged,
                LabelsWaiting = _labels.Waiting,
                LabelsPatched = _metrics.PatchesApplied,
                LastChannelError = _channel.LastError,
                IsClusterFailing = watch.ConsecutiveFailures > 0,
                LastClusterError = watch.LastError ?? _uidError,
            };
        }
    }

    /// <summary>Runs until cancelled, then says goodbye to the gateway. Failures of either side never end it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _isRunning, true))
        {
            throw new InvalidOperationException("this agent is already running");
        }

        AgentLog.Starting(_logger, AgentVersion.Text, _options.Backend, _cluster.ToString(), _options.Host);
        try
        {
            Hello hello = HelloOf(await ReadClusterUidAsync(cancellation).ConfigureAwait(false));
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task[] parts = [_reflector.RunAsync(ended.Token), _labels.RunAsync(ended.Token), _channel.RunAsync(hello, ended.Token)];
            Task first = await Task.WhenAny(parts).ConfigureAwait(false);

            // Only cancellation or a defect ends a part; either way the others have to end as well.
            await ended.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            await first.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            AgentLog.Stopped(_logger);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _labels.Dispose();
        _client.Dispose();
        _metrics.Dispose();
    }

    private async Task<string> ReadClusterUidAsync(CancellationToken cancellation)
    {
        JitteredBackoff backoff = new(UidPauseFirst, UidPauseMax);
        for (int failures = 1; ; failures++)
        {
            try
            {
                string uid = await _client.GetNamespaceUidAsync(UidNamespace, cancellation).ConfigureAwait(false);
                AgentLog.ClusterUid(_logger, uid);
                _clusterUid = uid;
                return uid;
            }
            catch (KubernetesApiException e)
            {
                TimeSpan pause = backoff.Pause(failures) + (e.RetryAfter ?? TimeSpan.Zero);
                _uidError = e.Message;
                AgentLog.ClusterUidFailed(_logger, (long)pause.TotalMilliseconds, e.Message);
                await Task.Delay(pause, _time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private Hello HelloOf(string clusterUid) => new()
    {
        ProtocolVersion = AgentChannel.ProtocolVersion,
        Backend = _options.Backend,
        ClusterUid = clusterUid,
        WorkflowNamespace = _options.Namespace,
        AgentVersion = AgentVersion.Text,
        NodeConditionPrefix = _options.NodeConditionPrefix.Value,
        LabelUpdates = _options is { EnableNodeLabelUpdate: true, AllowLabelPatches: true },
        AgentInstance = _instance,
    };
}
