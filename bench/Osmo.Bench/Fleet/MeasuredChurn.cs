using System.Collections.Concurrent;
using System.Diagnostics;
using Osmo.KubeSim;

namespace Osmo.Bench.Fleet;

/// <summary>What a churn measured.</summary>
/// <param name="LatenciesMs">From each change to its patch, in milliseconds.</param>
/// <param name="Changes">Changes made.</param>
/// <param name="ChangesPerSecond">The rate that was reached.</param>
/// <param name="CpuMsPerChange">The process' CPU time for each of them, in milliseconds.</param>
/// <param name="PauseMsPerSecond">Pauses for garbage collection, in milliseconds for each second.</param>
/// <param name="Missing">Changes that no patch followed.</param>
internal sealed record ChurnResult(
    IReadOnlyList<double> LatenciesMs, int Changes, double ChangesPerSecond, double CpuMsPerChange, double PauseMsPerSecond, int Missing);

/// <summary>
/// Changes conditions of random nodes at a steady rate, so that the node's verdict flips, and times the patch that has to follow. A
/// node is not changed again before its patch. The clock starts before the change is made, and stops when the patch is applied.
/// </summary>
internal sealed class MeasuredChurn
{
    /// <summary>The label that follows.</summary>
    public const string Label = "osmo.nvidia.com/verified";

    private const string Condition = "GpuXidError";
    private static readonly TimeSpan MissingAfter = TimeSpan.FromSeconds(10);

    private readonly SimulatedCluster _cluster;
    private readonly int _changesPerSecond;
    private readonly string[] _names;
    private readonly bool[] _failing;
    private readonly Random _random = new(1);
    private readonly ConcurrentDictionary<string, Awaited> _awaited = new(StringComparer.Ordinal);
    private ConcurrentQueue<double> _latencies = new();

    public MeasuredChurn(SimulatedCluster cluster, int changesPerSecond)
    {
        _cluster = cluster;
        _changesPerSecond = changesPerSecond;
        _names = [.. cluster.Nodes.Select(node => node.Name)];
        _failing = new bool[_names.Length];
        cluster.Patched += OnPatched;
    }

    /// <summary>Churns for a while, then waits for the last patches.</summary>
    public async Task<ChurnResult> RunAsync(TimeSpan duration, CancellationToken cancel)
    {
        _latencies = new();
        var changes = (int)(duration.TotalSeconds * _changesPerSecond);
        var pauses = GC.GetTotalPauseDuration();
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();

        // A thread of its own: the rate must not depend on the thread pool that is being measured.
        await Task.Factory.StartNew(() => Change(changes, start, cancel), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var pauseMs = (GC.GetTotalPauseDuration() - pauses).TotalMilliseconds / elapsed.TotalSeconds;
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var ended = Stopwatch.GetTimestamp();
        while (!_awaited.IsEmpty && Stopwatch.GetElapsedTime(ended) < MissingAfter)
        {
            await poll.WaitForNextTickAsync(cancel);
        }

        var cpuMs = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds;
        var missing = _awaited.Count;
        _awaited.Clear();
        return new ChurnResult([.. _latencies], changes, changes / elapsed.TotalSeconds, cpuMs / changes, pauseMs, missing);
    }

    private void Change(int changes, long start, CancellationToken cancel)
    {
        for (var made = 0; made < changes && !cancel.IsCancellationRequested;)
        {
            var due = Math.Min(changes, (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * _changesPerSecond));
            for (; made < due; made++)
            {
                ChangeOne();
            }

            // tidy: the thread is this loop's own, and a simulated cluster's controllers wait for nothing
            Thread.Sleep(1);
        }
    }

    private void ChangeOne()
    {
        int node;
        do
        {
            node = _random.Next(_names.Length);
        }
        while (_awaited.ContainsKey(_names[node]));

        var isFailing = _failing[node] = !_failing[node];
        _awaited[_names[node]] = new Awaited(Stopwatch.GetTimestamp(), isFailing ? "False" : "True");
        _cluster.SetCondition(_names[node], Condition, isFailing ? "True" : "False");
    }

    private void OnPatched(PatchRecord patch)
    {
        if (_awaited.TryGetValue(patch.Node, out var awaited) && patch.Result.Labels.GetValueOrDefault(Label) == awaited.Value)
        {
            _latencies.Enqueue(Stopwatch.GetElapsedTime(awaited.StartedAt).TotalMilliseconds);
            _awaited.TryRemove(patch.Node, out _);
        }
    }

    private readonly record struct Awaited(long StartedAt, string Value);
}
