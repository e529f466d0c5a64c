using System.Text.Json;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Availability;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// The protocol of OSMO's listeners, spoken to a service that knows no other: five connections, verdicts and labels by the agent's own
/// judgement, what is in use by the cluster's pods, and how workflows' pods fare.
/// </summary>
internal sealed class OsmoListener : IAgentProtocol
{
    private static readonly TimeSpan HeartbeatIntervalMin = TimeSpan.FromMilliseconds(1);

    private readonly AgentOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ILogger _serviceLog;
    private readonly AgentMetrics _metrics;
    private readonly AsyncSignal _changed;
    private readonly NodeStore _store;
    private readonly ListenerLogin _login;
    private readonly NodeJudge _judge = new();
    private readonly VerdictLabels _verdicts;
    private readonly PodReflector _pods;
    private readonly WorkflowPods _workflowPods;
    private readonly EventReflector _podEvents;
    private readonly ListenerSocket _node;
    private readonly ListenerSocket _events;
    private readonly ListenerSocket[] _sockets;
    private volatile bool _isConnected;
    private long _connections;

    /// <param name="options">What to report where.</param>
    /// <param name="client">The cluster.</param>
    /// <param name="store">Its nodes.</param>
    /// <param name="changed">Set by the store.</param>
    /// <param name="labels">Makes an applier of labels, which logs to the given logger.</param>
    /// <param name="metrics">Counts connections.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Where to log to.</param>
    public OsmoListener(
        AgentOptions options,
        KubernetesClient client,
        NodeStore store,
        AsyncSignal changed,
        Func<ILogger, LabelApplier> labels,
        AgentMetrics metrics,
        TimeProvider time,
        ILogger logger)
    {
        (_options, _store, _changed, _metrics, _time, _logger) = (options, store, changed, metrics, time, logger);
        _login = new ListenerLogin(options, time);
        PodReporter? podReporter = null;
        AsyncSignal podsChanged = new();
        AsyncSignal eventsChanged = new();
        ListenerSocket pod = new(options, "pod", _login, podsChanged, time, logger)
        {
            Work = cancellation => podReporter!.RunPodsAsync(cancellation),
        };
        _events = new ListenerSocket(options, "event", _login, eventsChanged, time, logger)
        {
            Work = cancellation => podReporter!.RunEventsAsync(cancellation),
        };
        _serviceLog = Telling(logger);
        Labels = labels(_serviceLog);
        _verdicts = new VerdictLabels(store, _judge, Labels, options.EnableNodeLabelUpdate);
        UsageTable usage = new(options.Listener.IncludeNamespaceUsage.Append(options.Namespace), changed);
        _workflowPods = new WorkflowPods(options.Namespace, OnPodsChanged, time, _serviceLog);
        PodEvents podEvents = new(_workflowPods, eventsChanged.Set, time, _serviceLog);
        podReporter = new PodReporter(
            _workflowPods, podEvents, pod.Outbox, _events.Outbox, podsChanged, eventsChanged, options.Backend, time);
        int pageItems = options.Listener.ListPodsPageItems;
        _pods = new PodReflector(client, new PodSinks(usage, _workflowPods), pageItems, options.Reflector, time, _serviceLog);
        _podEvents = new EventReflector(client, options.Namespace, podEvents, pageItems, options.Reflector, time, _serviceLog);
        NodeReporter? reporter = null;
        _node = new ListenerSocket(options, "node", _login, changed, time, logger)
        {
            OnConnected = OnConnected,
            Work = cancellation => reporter!.RunAsync(cancellation),
        };
        reporter = new NodeReporter(store, _judge, usage, _node.Outbox, changed, options.Listener.RefreshInterval, time);
        _sockets = [Socket("control", onConditions: OnConditions), pod, _node, _events, Heartbeat()];

        void OnPodsChanged()
        {
            podsChanged.Set();
            eventsChanged.Set();
        }
    }

    /// <summary>Labels nodes; the agent runs it.</summary>
    public LabelApplier Labels { get; }

    public INodeSink Sink => _verdicts;

    public bool IsConnected => _isConnected;

    public int Unacked => _sockets.Sum(socket => socket.Outbox.Count);

    public long Connections => Volatile.Read(ref _connections);

    public long Restarts => 0;

    public string? LastError => _node.LastError ?? _sockets.Select(socket => socket.LastError).FirstOrDefault(error => error is not null);

    public async Task RunAsync(string clusterUid, CancellationToken cancellation)
    {
        await ReadConditionsAsync(cancellation).ConfigureAwait(false);
        byte[] init = ListenerMessages.Init(
            clusterUid, _options.Namespace, ListenerLogin.Version, _options.NodeConditionPrefix.Value);
        IEnumerable<Func<CancellationToken, Task>> sockets =
            _sockets.Select<ListenerSocket, Func<CancellationToken, Task>>(socket => until => socket.RunAsync(init, until));
        await RunningParts
            .RunAsync([_pods.RunAsync, FollowEventsAsync, AssumeConditionsAsync, .. sockets], cancellation)
            .ConfigureAwait(false);
    }

    public void Dispose() => _login.Dispose();

    /// <summary>A logger whose warnings and errors the service is told of.</summary>
    public ILogger Telling(ILogger logger) => new ServiceLog(logger, _events.Outbox, _time);

    private ListenerSocket Socket(string channel, Action<JsonElement>? onConditions = null) =>
        new(_options, channel, _login, new AsyncSignal(), _time, _logger) { OnConditions = onConditions };

    private ListenerSocket Heartbeat()
    {
        ListenerSocket? socket = null;
        socket = new ListenerSocket(_options, "heartbeat", _login, new AsyncSignal(), _time, _logger)
        {
            Work = cancellation => BeatAsync(socket!.Outbox, cancellation),
        };
        return socket;
    }

    /// <summary>Until pods were listed, nobody can say whether an event is about a workflow's.</summary>
    private async Task FollowEventsAsync(CancellationToken cancellation)
    {
        await _workflowPods.Listed.WaitAsync(cancellation).ConfigureAwait(false);
        await _podEvents.RunAsync(cancellation).ConfigureAwait(false);
    }

    private async Task BeatAsync(ListenerOutbox outbox, CancellationToken cancellation)
    {
        TimeSpan interval = _options.Listener.HeartbeatInterval;
        while (true)
        {
            if (outbox.Room > 0)
            {
                outbox.Add("heartbeat", ListenerMessages.Heartbeat(_time.GetUtcNow()));
            }

            await Task.Delay(interval > HeartbeatIntervalMin ? interval : HeartbeatIntervalMin, _time, cancellation).ConfigureAwait(false);
        }
    }

    private void OnConnected(bool isUp)
    {
        _isConnected = isUp;
        if (isUp)
        {
            Interlocked.Increment(ref _connections);
            _metrics.CountConnection();
        }
    }

    /// <summary>Asked once: whatever comes of it, the control channel says the same and more.</summary>
    private async Task ReadConditionsAsync(CancellationToken cancellation)
    {
        try
        {
            (NodeConditionRules? rules, string? problem) = await _login.ReadConditionsAsync(cancellation).ConfigureAwait(false);
            if (rules is not null)
            {
                Take(rules);
            }
            else
            {
                ListenerLog.ConfigurationUnread(_serviceLog, problem ?? "nothing is known of it");
            }
        }
        catch (ChannelException e)
        {
            ListenerLog.ConfigurationUnread(_logger, e.Message);
        }
    }

    private void OnConditions(JsonElement body)
    {
        if (ConditionsReader.ReadPush(body, out NodeConditionRules rules) is { } problem)
        {
            ListenerLog.ConditionsRefused(_serviceLog, problem);
        }
        else
        {
            Take(rules);
        }
    }

    private void Take(NodeConditionRules rules)
    {
        if (_judge.Take(rules))
        {
            ListenerLog.ConditionsTaken(_logger, Shown(rules));
            _verdicts.JudgeAll();
            _store.ReportAgain();
        }
    }

    /// <summary>A service that says nothing must not keep a whole cluster unreported.</summary>
    private async Task AssumeConditionsAsync(CancellationToken cancellation)
    {
        await Task.Delay(_options.Listener.ConditionsPatience, _time, cancellation).ConfigureAwait(false);
        if (!_judge.IsTold)
        {
            ListenerLog.ConditionsAssumed(_serviceLog);
            Take(NodeConditionRules.Default);
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation).ConfigureAwait(false);
    }

    private static string Shown(NodeConditionRules rules) => rules switch
    {
        NodeConditionLists lists =>
            $"{lists.Additional.Length} must be True beside Ready, {lists.Ignore.Length} are ignored, all others must be False",
        NodeConditionPatterns patterns => $"{patterns.Rules.Length} rules",
        _ => "of an unknown form",
    };
}
