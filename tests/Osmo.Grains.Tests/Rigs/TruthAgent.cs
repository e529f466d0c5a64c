using System.Collections.Concurrent;
using Osmo.Domain.Availability;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Tests.Rigs;

/// <summary>
/// An agent with a cluster of its own: the truth. It reports what changes, carries out what it is asked for labels, and joins again with a
/// snapshot whenever its session ends.
/// </summary>
internal sealed class TruthAgent : IAgentObserver, IAsyncDisposable
{
    private const int ReportsPerBatch = 7;

    private readonly GrainCluster _cluster;
    private readonly string _backend;
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TrueNode> _nodes = [];
    private readonly HashSet<string> _dirty = [];
    private readonly ConcurrentQueue<LabelReport> _labelReports = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TruthAgent(GrainCluster cluster, string backend)
    {
        _cluster = cluster;
        _backend = backend;
        _running = Task.Run(RunAsync);
    }

    /// <summary>How often it joined.</summary>
    public int Joins { get; private set; }

    /// <summary>The nodes as they are.</summary>
    public IReadOnlyDictionary<string, TrueNode> Nodes
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, TrueNode>(_nodes);
            }
        }
    }

    /// <summary>Changes a node, makes it, or deletes it (null).</summary>
    public void Set(string name, TrueNode? node)
    {
        lock (_gate)
        {
            if (node is null)
            {
                _nodes.Remove(name);
            }
            else
            {
                _nodes[name] = _nodes.TryGetValue(name, out var before) ? node with { Label = before.Label, Uid = before.Uid } : node;
            }

            _dirty.Add(name);
        }
    }

    public Task TellAsync(AgentNews news)
    {
        lock (_gate)
        {
            foreach (var update in news.Labels)
            {
                if (_nodes.TryGetValue(update.Node, out var node) && node.Uid == update.Uid)
                {
                    _nodes[update.Node] = node with { Label = NodeConditionPrefix.LabelValue(update.Available) };
                    _dirty.Add(update.Node);
                    _labelReports.Enqueue(new LabelReport(update.Node, update.Available, LabelOutcome.Applied, ""));
                }
            }
        }

        return Task.CompletedTask;
    }

    public Task EndAsync(AgentRefusal reason, string message)
    {
        _ended.TrySetResult();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var reference = _cluster.Grains.CreateObjectReference<IAgentObserver>(this);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await TalkAsync(reference);
            }
            catch (Exception failure) when (failure is OsmoException or OrleansException or TimeoutException or OperationCanceledException)
            {
                // Join again.
            }

            // tidy: the pace of an agent that reconnects
            await Task.Delay(5, CancellationToken.None);
        }
    }

    private async Task TalkAsync(IAgentObserver reference)
    {
        var backend = _cluster.Backend(_backend);
        _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _labelReports.Clear();
        var joined = await backend.ConnectAgentAsync(
            new AgentHello($"uid-{_backend}", "osmo", "1.0", "", LabelUpdates: true, _instance), reference);
        if (joined.Refusal is not null)
        {
            return;
        }

        Joins++;
        var sequence = 0UL;
        var calls = new Queue<Task<bool>>();
        NodeReport[] all;
        lock (_gate)
        {
            _dirty.Clear();
            all = [.. _nodes.Select(node => Report(node.Key, node.Value))];
        }

        var chunks = all.Chunk(ReportsPerBatch).DefaultIfEmpty([]).ToArray();
        for (var i = 0; i < chunks.Length; i++)
        {
            calls.Enqueue(backend.ReportAsync(
                joined.Session, new NodeReportBatch(++sequence, [.. chunks[i]], [], i == 0, i == chunks.Length - 1)));
        }

        while (!_ended.Task.IsCompleted && !_stopping.IsCancellationRequested)
        {
            while (calls.Count > 4 || (calls.Count > 0 && calls.Peek().IsCompleted))
            {
                await calls.Dequeue();
            }

            if (_labelReports.TryDequeue(out var label))
            {
                await backend.ReportLabelsAsync(joined.Session, [label]);
            }

            if (Take(sequence + 1) is { } batch)
            {
                sequence++;
                calls.Enqueue(backend.ReportAsync(joined.Session, batch));
            }
            else
            {
                // tidy: the pace of an agent that has nothing to say
                await Task.Delay(1, CancellationToken.None);
            }
        }
    }

    private NodeReportBatch? Take(ulong sequence)
    {
        lock (_gate)
        {
            if (_dirty.Count == 0)
            {
                return null;
            }

            var names = _dirty.Take(ReportsPerBatch).ToArray();
            _dirty.ExceptWith(names);
            return new NodeReportBatch(
                sequence,
                [.. names.Where(_nodes.ContainsKey).Select(name => Report(name, _nodes[name]))],
                [.. names.Where(name => !_nodes.ContainsKey(name))],
                false,
                false);
        }
    }

    private static NodeReport Report(string name, TrueNode node) =>
        new(name, node.Uid, node.Cordoned, [.. node.Conditions], node.Label, NodeFacts.Empty);
}

/// <summary>A node as it is in its cluster.</summary>
internal sealed record TrueNode(string Uid, bool Cordoned, ConditionPair[] Conditions, string? Label);
