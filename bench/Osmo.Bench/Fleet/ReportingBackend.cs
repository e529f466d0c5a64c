using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Osmo.Bench.Channel;
using Osmo.Kubernetes;

namespace Osmo.Bench.Fleet;

/// <summary>
/// The agent of one backend among very many. It keeps no nodes: they are made from models as they are sent, under names and uids of
/// their own, and of each it remembers only whether one of its conditions is flipped.
/// </summary>
internal sealed class ReportingBackend : IAsyncDisposable
{
    /// <summary>A condition that no verdict ignores.</summary>
    private const int FlippedCondition = 0;

    private readonly WindowedAgent _agent;
    private readonly NodeReports _reports = new();
    private readonly IReadOnlyList<NodeProjection> _models;
    private readonly int _number;
    private readonly bool[] _isFlipped;
    private readonly ConcurrentQueue<(ulong Sequence, long SentAt)> _sent = new();
    private readonly Action<double> _measured;

    private ReportingBackend(WindowedAgent agent, IReadOnlyList<NodeProjection> models, int number, Action<double> measured)
    {
        _agent = agent;
        _models = models;
        _number = number;
        _isFlipped = new bool[models.Count];
        _measured = measured;
        agent.Acknowledged += OnAcknowledged;
    }

    /// <summary>Connects and reports every node.</summary>
    /// <param name="gateway">Where.</param>
    /// <param name="number">Of the backend.</param>
    /// <param name="models">What its nodes are like.</param>
    /// <param name="measured">Told of the time from each change to its acknowledgement, in milliseconds.</param>
    public static async Task<ReportingBackend> LoadAsync(
        Uri gateway, int number, IReadOnlyList<NodeProjection> models, Action<double> measured)
    {
        var agent = await WindowedAgent.ConnectAsync(gateway, $"fleet-{number:0000}");
        var backend = new ReportingBackend(agent, models, number, measured);
        foreach (var frame in backend._reports.Snapshot([.. Enumerable.Range(0, models.Count).Select(backend.Node)]))
        {
            await agent.SendAsync(frame);
        }

        await agent.AcknowledgedAsync(backend._reports.Sequence);
        return backend;
    }

    /// <summary>Flips the condition of a node and reports that. The time counts from here, the wait for the window included.</summary>
    public async Task ChangeAsync(int node)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var before = Node(node);
        _isFlipped[node] = !_isFlipped[node];
        var frame = _reports.Changes([Node(node)], [before], 0, 1);
        _sent.Enqueue((_reports.Sequence, startedAt));
        await _agent.SendAsync(frame);
    }

    /// <summary>Waits until all changes are acknowledged.</summary>
    public Task SettleAsync() => _agent.AcknowledgedAsync(_reports.Sequence);

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    private NodeProjection Node(int node)
    {
        Span<byte> uid = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(uid, _number + 1);
        BinaryPrimitives.WriteInt32LittleEndian(uid[12..], node);
        var made = RealisticNodes.Like(_models[node], $"gpu-{_number:0000}-{node:0000}", new Guid(uid));
        return _isFlipped[node] ? RealisticNodes.WithFlipped(made, FlippedCondition) : made;
    }

    private void OnAcknowledged(ulong sequence)
    {
        while (_sent.TryPeek(out var first) && first.Sequence <= sequence)
        {
            _sent.TryDequeue(out _);
            _measured(Stopwatch.GetElapsedTime(first.SentAt).TotalMilliseconds);
        }
    }
}
