using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Domain.Backends;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// The agent of one backend: watches the cluster's nodes, reports them to the service, and labels them as the silo wants, or, where the
/// service leaves that to agents, as it judges them itself. It outlives the loss of either side and converges afterwards. Several may
/// run in one process.
/// </summary>
public sealed class BackendAgent : IDisposable
{
    private const string UidNamespace = "kube-system";

    private static readonly TimeSpan UidPauseFirst = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan UidPauseMax = TimeSpan.FromSeconds(8);

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
    private readonly IAgentProtocol _protocol;
    private readonly AgentMetrics _metrics;
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
        NodeLabelPort port = new(_client, new NodePatcher(_client, UnpacedPatcher, _time, kubernetesLogger), labelKey);
        TokenBucket pace = new(options.ApiQps, options.ApiBurst, _time);
        if (options.Protocol == AgentProtocol.Listener)
        {
            OsmoListener listener = new(options, _client, _store, changed, log => Labels(null, log), _metrics, _time, _logger);
            kubernetesLogger = listener.Telling(kubernetesLogger);
            _protocol = listener;
            _labels = listener.Labels;
        }
        else
        {
            LabelReports reports = new(_store, changed);
            _labels = Labels(reports, _logger);
            ReportSources sources = new(_store, new BatchBuilder(labelKey), _labels, reports, changed)
            {
                ClusterError = () => _reflector!.State is { ConsecutiveFailures: > 0 } watch ? watch.LastError : null,
            };
            _protocol = new GatewayChannel(options, sources, _metrics, _time, _logger);
        }

        _reflector = new Reflector(_client, _protocol.Sink, options.Reflector, _time, kubernetesLogger);
        _metrics.Observe(() => State);

        LabelApplier Labels(LabelReports? reports, ILogger log) =>
            new(port, labelKey, _store, reports, pace, _metrics, _time, log, options.AllowLabelPatches);
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
                IsConnected = _protocol.IsConnected,
                Nodes = _store.Count,
                PendingNodes = _store.PendingCount,
                UnackedBatches = _protocol.Unacked,
                Connections = _protocol.Connections,
                Restarts = _protocol.Restarts,
                EventsReceived = watch.EventsApplied + watch.EventsUnchanged,
                EventsUnchanged = watch.EventsUnchanged,
                LabelsWaiting = _labels.Waiting,
                LabelsPatched = _metrics.PatchesApplied,
                LastChannelError = _protocol.LastError,
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
            string clusterUid = await ReadClusterUidAsync(cancellation).ConfigureAwait(false);
            await RunningParts
                .RunAsync([_reflector.RunAsync, _labels.RunAsync, until => _protocol.RunAsync(clusterUid, until)], cancellation)
                .ConfigureAwait(false);
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
        _protocol.Dispose();
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
}
