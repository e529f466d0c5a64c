using System.Text.Json.Nodes;
using Osmo.KubeSim.Fleet;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;
using Osmo.KubeSim.Writes;

namespace Osmo.KubeSim;

/// <summary>A patch that a client sent and the server accepted.</summary>
/// <param name="Node">metadata.name of the patched node.</param>
/// <param name="Body">The request body as it arrived.</param>
/// <param name="Time">When it was applied.</param>
/// <param name="Result">The node after the patch.</param>
public sealed record PatchRecord(string Node, ReadOnlyMemory<byte> Body, DateTimeOffset Time, SimulatedNode Result);

/// <summary>
/// The state of a simulated cluster, with direct calls for what kubelets, controllers and people would do to it.
/// Thread-safe. All calls are visible to watchers as the real cause would be.
/// </summary>
public sealed class SimulatedCluster
{
    private static readonly byte[] HeartbeatField = "\"lastHeartbeatTime\":\""u8.ToArray();

    private readonly TimeProvider _time;

    /// <summary>An empty cluster.</summary>
    /// <param name="time">The clock for timestamps; the system's when null.</param>
    /// <param name="historyEventsMax">How many past events a watch can resume over; older versions are expired.</param>
    /// <param name="kubeSystemUid">uid of the kube-system namespace, by which agents tell clusters apart.</param>
    public SimulatedCluster(TimeProvider? time = null, int historyEventsMax = 8192, string? kubeSystemUid = null)
    {
        _time = time ?? TimeProvider.System;
        Store = new NodeStore(historyEventsMax, firstVersion: 200);
        Writer = new NodeWriter(Store, _time);
        Pods = new ObjectStore(Store, historyEventsMax);
        Events = new ObjectStore(Store, historyEventsMax);
        KubeSystemUid = kubeSystemUid ?? Guid.NewGuid().ToString();
        StartedAt = _time.GetUtcNow();
    }

    /// <summary>Raised after each accepted PATCH request, on the request's thread. Keep handlers short.</summary>
    public event Action<PatchRecord>? Patched;

    /// <summary>uid of the kube-system namespace.</summary>
    public string KubeSystemUid { get; }

    /// <summary>The newest resourceVersion.</summary>
    public ulong ResourceVersion => Store.Version;

    /// <summary>How many nodes there are.</summary>
    public int NodeCount => Store.Current.Nodes.Count;

    /// <summary>All nodes at this moment, by name.</summary>
    public IEnumerable<SimulatedNode> Nodes => Store.Current.Nodes.Values;

    internal DateTimeOffset StartedAt { get; }

    internal NodeStore Store { get; }

    internal NodeWriter Writer { get; }

    internal ObjectStore Pods { get; }

    internal ObjectStore Events { get; }

    internal TimeProvider Time => _time;

    /// <summary>The node's newest version, or null.</summary>
    public SimulatedNode? TryGet(string name) => Store.Find(name);

    /// <summary>Adds a node given as the JSON of a v1 Node. Its uid, times and taints are kept.</summary>
    public SimulatedNode AddNode(ReadOnlySpan<byte> jsonUtf8) =>
        AddNode(Json.Parse(jsonUtf8) as JsonObject
            ?? throw new ArgumentException("The JSON of a v1 Node object is needed.", nameof(jsonUtf8)));

    /// <summary>Adds a node given as the JSON of a v1 Node. Its uid, times and taints are kept.</summary>
    public SimulatedNode AddNode(JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Writer.Add(node);
    }

    /// <summary>Deletes a node at once, whatever its finalizers. False if there is none of that name.</summary>
    public bool RemoveNode(string name)
    {
        while (Store.Find(name) is { } node)
        {
            if (Store.TryRemove(node) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Sets a condition as its reporter would: transition time on a change of status, heartbeat time always.</summary>
    public bool SetCondition(string node, string type, string status, string? reason = null, string? message = null) =>
        Writer.TryChange(node, current =>
        {
            var now = Timestamp.Format(_time.GetUtcNow());
            var conditions = current.Conditions();
            var condition = conditions.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type);
            if (condition is null)
            {
                condition = new JsonObject { ["type"] = type, ["status"] = status, ["lastTransitionTime"] = now };
                conditions.Add(condition);
            }

            if (condition.Text("status") != status)
            {
                condition["status"] = status;
                condition["lastTransitionTime"] = now;
            }

            condition["lastHeartbeatTime"] = now;
            Replace(condition, "reason", reason);
            Replace(condition, "message", message);
            var canonical = new Canonicalizer().List(conditions, NodeSchema.Condition);
            return (current.Segments with { Conditions = Json.ToUtf8(canonical) }, current.Facts);
        }) is not null;

    /// <summary>Rewrites every condition's lastHeartbeatTime, nothing else: what a kubelet sends every few minutes.</summary>
    public bool Heartbeat(string node)
    {
        Span<byte> now = stackalloc byte[Timestamp.Length];
        System.Text.Encoding.UTF8.GetBytes(Timestamp.Format(_time.GetUtcNow()), now);
        while (Store.Find(node) is { } current)
        {
            var conditions = current.Segments.Conditions.ToArray();
            for (var at = conditions.AsSpan().IndexOf(HeartbeatField); at >= 0;)
            {
                at += HeartbeatField.Length;
                now.CopyTo(conditions.AsSpan(at));
                var next = conditions.AsSpan(at).IndexOf(HeartbeatField);
                at = next < 0 ? -1 : at + next;
            }

            // Within one second a heartbeat changes no byte; a real kubelet's would not either, and yet it costs a version here
            // so that rates above one per node and second can be simulated.
            if (Store.TryReplace(current, current.Segments with { Conditions = conditions }, current.Facts) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Cordons or uncordons as kubectl and the node lifecycle controller do: the field and the taint.</summary>
    public bool Cordon(string node, bool unschedulable = true) => Writer.TryChange(node, current =>
    {
        const string TaintKey = "node.kubernetes.io/unschedulable";
        var draft = NodeDraft.From(current);
        var spec = Json.Parse(current.Segments.Spec)!.AsObject();
        var taints = spec["taints"]?.AsArray() ?? [];
        foreach (var old in taints.OfType<JsonObject>().Where(t => t.Text("key") == TaintKey).ToList())
        {
            taints.Remove(old);
        }

        if (unschedulable)
        {
            taints.Add(new JsonObject { ["key"] = TaintKey, ["effect"] = "NoSchedule" });
        }

        spec["unschedulable"] = unschedulable;
        if (taints.Parent is null)
        {
            spec["taints"] = taints;
        }

        draft.Spec = new Canonicalizer().Struct(spec, NodeSchema.Spec, "spec");
        return draft.Build(Store.Pool);
    }) is not null;

    /// <summary>Sets a label by hand, or removes it when <paramref name="value"/> is null.</summary>
    /// <param name="node">The node.</param>
    /// <param name="key">The label's key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="manager">Whom managedFields name for it; when null they stay as they are.</param>
    public bool SetLabel(string node, string key, string? value, string? manager = null) => Writer.TryChange(node, current =>
    {
        var draft = NodeDraft.From(current);
        var metadata = NodeWriter.MetadataOf(current);
        var labels = metadata["labels"]?.AsObject() ?? [];
        Replace(labels, key, value);
        if (value is null)
        {
            labels.Remove(key);
        }

        if (labels.Parent is null)
        {
            metadata["labels"] = labels;
        }

        if (manager is not null)
        {
            NodeManagedFields.SetOwner(metadata, key, value is null ? null : manager, Timestamp.Format(_time.GetUtcNow()));
        }

        draft.Metadata = new Canonicalizer().Struct(metadata, NodeSchema.Metadata, "metadata");
        return draft.Build(Store.Pool);
    }) is not null;

    /// <summary>
    /// Adds a pod given as the JSON of a v1 Pod, or replaces the one of its name. A namespace is default where none is given, and a pod
    /// without a uid gets one.
    /// </summary>
    public void SetPod(JsonObject pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var metadata = pod["metadata"] as JsonObject ?? throw new ArgumentException("A pod needs metadata.", nameof(pod));
        var name = metadata.Text("name") ?? throw new ArgumentException("A pod needs a name.", nameof(pod));
        var ns = metadata.Text("namespace") ?? "default";
        var uid = metadata.Text("uid") ?? UidOf($"{ns}/{name}") ?? Guid.NewGuid().ToString();
        Pods.Set(ns, name, version =>
        {
            var written = pod.DeepClone().AsObject();
            written.Remove("kind");
            written.Remove("apiVersion");
            var head = written["metadata"]!.AsObject();
            (head["namespace"], head["uid"], head["resourceVersion"]) = (ns, uid, version.ToString());
            return Json.ToUtf8(written);
        });
    }

    /// <summary>Deletes a pod at once. False if there is none of that name.</summary>
    public bool RemovePod(string ns, string name) => Pods.Remove($"{ns}/{name}", (pod, version) =>
    {
        var written = Json.Parse(pod.JsonUtf8.Span)!.AsObject();
        written["metadata"]!["resourceVersion"] = version.ToString();
        return Json.ToUtf8(written);
    });

    /// <summary>
    /// Adds an event given as the JSON of a v1 Event, or replaces the one of its name, as recorders do that count. What the API server
    /// always writes is there, whether given or not.
    /// </summary>
    public void SetEvent(JsonObject entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var metadata = entry["metadata"] as JsonObject ?? throw new ArgumentException("An event needs metadata.", nameof(entry));
        var name = metadata.Text("name") ?? throw new ArgumentException("An event needs a name.", nameof(entry));
        var ns = metadata.Text("namespace") ?? "default";
        Events.Set(ns, name, version =>
        {
            var written = entry.DeepClone().AsObject();
            written.Remove("kind");
            written.Remove("apiVersion");
            var head = written["metadata"]!.AsObject();
            (head["namespace"], head["resourceVersion"]) = (ns, version.ToString());
            head.TryAdd("uid", Guid.NewGuid().ToString());
            head.TryAdd("creationTimestamp", Timestamp.Format(_time.GetUtcNow()));
            written.TryAdd("involvedObject", new JsonObject());
            written.TryAdd("source", new JsonObject());
            foreach (var time in (string[])["firstTimestamp", "lastTimestamp", "eventTime"])
            {
                written.TryAdd(time, null);
            }

            written.TryAdd("reportingComponent", "");
            written.TryAdd("reportingInstance", "");
            return Json.ToUtf8(written);
        });
    }

    /// <summary>Every older resourceVersion is expired for lists and new watches of events.</summary>
    public void CompactEvents() => Events.ExpireOlder();

    /// <summary>Every older resourceVersion is expired for lists and new watches of pods.</summary>
    public void CompactPods() => Pods.ExpireOlder();

    /// <summary>As etcd's compaction does: every older resourceVersion is expired for lists and new watches. Open watches go on.</summary>
    public void Compact() => Store.ExpireOlder(lists: true);

    /// <summary>Moves the resourceVersion on without touching a node, as writes of other resources do.</summary>
    public ulong Touch() => Store.Touch();

    internal void OnPatched(PatchRecord patch) => Patched?.Invoke(patch);

    private string? UidOf(string pod) =>
        Pods.Find(pod) is { } known ? (Json.Parse(known.JsonUtf8.Span) as JsonObject)?["metadata"]?["uid"]?.GetValue<string>() : null;

    private static void Replace(JsonObject target, string name, string? value)
    {
        if (value is not null)
        {
            target[name] = value;
        }
    }
}
