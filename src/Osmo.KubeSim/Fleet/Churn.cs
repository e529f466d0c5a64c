using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Fleet;

/// <summary>
/// Changes a cluster at given rates. Which node changes and how follows from the seed alone: the n-th change of a kind is the same in
/// every run, only the moments differ.
/// </summary>
public sealed class Churn
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    // After a pause (a stopped process, a debugger) at most this much is caught up on.
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(1);

    private readonly SimulatedCluster _cluster;
    private readonly TimeProvider _time;
    private readonly string[] _names;
    private readonly int _disturbedMax;
    private readonly Kind[] _kinds;
    private readonly Queue<(string Node, string Type, string Good)> _bad = new();
    private readonly Queue<string> _cordoned = new();
    private readonly Queue<(string Node, byte[] Json)> _lost = new();
    private int _nextHeartbeat;
    private long _changes;

    /// <summary>Churn over the nodes that the cluster has now.</summary>
    public Churn(SimulatedCluster cluster, ChurnOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        _cluster = cluster;
        _time = time ?? TimeProvider.System;
        _names = [.. cluster.Nodes.Select(n => n.Name)];
        _disturbedMax = Math.Max(1, (int)(_names.Length * options.DisturbedShareMax));
        _kinds =
        [
            new(options.HeartbeatsPerSecond, new Random(options.Seed), _ => Heartbeat()),
            new(options.FlapsPerSecond, new Random(options.Seed + 1), Flap),
            new(options.CordonsPerSecond, new Random(options.Seed + 2), Cordon),
            new(options.LossesPerSecond, new Random(options.Seed + 3), Lose),
        ];
    }

    /// <summary>Changes made so far.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Runs until cancelled, and then returns normally.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (_names.Length == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(Tick, _time);
        var last = _time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                var now = _time.GetTimestamp();
                Advance(_time.GetElapsedTime(last, now));
                last = now;
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>Makes the changes that are due after that much more time. Not to be called while <see cref="RunAsync"/> runs.</summary>
    public void Advance(TimeSpan elapsed)
    {
        if (_names.Length == 0)
        {
            return;
        }

        var seconds = Math.Min(elapsed.TotalSeconds, CatchUpMax.TotalSeconds);
        foreach (var kind in _kinds)
        {
            kind.Due += kind.PerSecond * seconds;
            for (; kind.Due >= 1; kind.Due--)
            {
                kind.Change(kind.Random);
                Interlocked.Increment(ref _changes);
            }
        }
    }

    private void Heartbeat()
    {
        // Kubelets report in turn, not at random: each node once per round.
        _cluster.Heartbeat(_names[_nextHeartbeat]);
        _nextHeartbeat = (_nextHeartbeat + 1) % _names.Length;
    }

    private void Flap(Random random)
    {
        var node = _names[random.Next(_names.Length)];
        var (type, good) = NodeConditions.Flapping[random.Next(NodeConditions.Flapping.Count)];
        if (_bad.Count >= _disturbedMax)
        {
            var healed = _bad.Dequeue();
            _cluster.SetCondition(healed.Node, healed.Type, healed.Good, healed.Type + "Recovered", "the check passes again");
            return;
        }

        var bad = good == "True" ? "False" : "True";
        _cluster.SetCondition(node, type, bad, type + "Detected", "a check reports a problem");
        _bad.Enqueue((node, type, good));
    }

    private void Cordon(Random random)
    {
        var node = _names[random.Next(_names.Length)];
        if (_cordoned.Count >= _disturbedMax)
        {
            _cluster.Cordon(_cordoned.Dequeue(), unschedulable: false);
            return;
        }

        _cluster.Cordon(node);
        _cordoned.Enqueue(node);
    }

    private void Lose(Random random)
    {
        var name = _names[random.Next(_names.Length)];
        var uid = FleetGenerator.Uid(random);
        if (_lost.Count >= _disturbedMax)
        {
            Rejoin(_lost.Dequeue(), uid);
            return;
        }

        if (_cluster.TryGet(name) is { } node && _cluster.RemoveNode(name))
        {
            _lost.Enqueue((name, node.ToJsonUtf8()));
        }
    }

    private void Rejoin((string Node, byte[] Json) lost, string uid)
    {
        if (_cluster.TryGet(lost.Node) is not null)
        {
            return;
        }

        var node = Json.Parse(lost.Json)!.AsObject();
        var metadata = node["metadata"]!.AsObject();
        metadata.Remove("resourceVersion");
        metadata["uid"] = uid;
        metadata["creationTimestamp"] = Timestamp.Format(_time.GetUtcNow());
        Renew(node);
        _cluster.AddNode(node);
    }

    /// <summary>A machine that registers anew is not cordoned, and its checks start out well.</summary>
    private static void Renew(JsonObject node)
    {
        var spec = node["spec"]!.AsObject();
        spec.Remove("unschedulable");
        if (spec["taints"] is JsonArray taints)
        {
            taints.RemoveAll(t => (t as JsonObject).Text("key") == "node.kubernetes.io/unschedulable");
        }

        var flapping = NodeConditions.Flapping.ToDictionary(f => f.Type, f => f.Good);
        foreach (var condition in node["status"]!["conditions"]?.AsArray().OfType<JsonObject>() ?? [])
        {
            if (flapping.TryGetValue(condition.Text("type") ?? "", out var good))
            {
                condition["status"] = good;
            }
        }
    }

    private sealed class Kind(double perSecond, Random random, Action<Random> change)
    {
        public double PerSecond { get; } = perSecond;

        public Random Random { get; } = random;

        public Action<Random> Change { get; } = change;

        public double Due { get; set; }
    }
}
