using System.Collections.Immutable;

namespace Osmo.KubeSim.Storage;

/// <summary>One version of a pod, as the JSON that lists and watches carry.</summary>
internal sealed record SimulatedPod(string Namespace, string Name, ulong Version, ReadOnlyMemory<byte> JsonUtf8)
{
    /// <summary>Its place in a list.</summary>
    public string Key => $"{Namespace}/{Name}";
}

/// <summary>One change of a pod; for a deletion its last state under the deletion's version.</summary>
internal sealed record PodEvent(EventKind Kind, SimulatedPod Pod, ImmutableSortedDictionary<string, SimulatedPod> After);

/// <summary>All pods at one version.</summary>
internal sealed record PodSnapshot(ulong Version, ImmutableSortedDictionary<string, SimulatedPod> Pods);

/// <summary>The pods of a cluster and a window of past events. They share the version counter of the nodes, as all of etcd does.</summary>
internal sealed class PodStore(NodeStore versions, int eventsMax)
{
    private readonly Lock _gate = new();
    private readonly List<PodEvent> _events = [];
    private ImmutableSortedDictionary<string, SimulatedPod> _pods =
        ImmutableSortedDictionary.Create<string, SimulatedPod>(StringComparer.Ordinal);
    private ulong _oldestVersion = 1;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Completes at the next change; take it before looking, wait on it after finding nothing.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public PodSnapshot Current
    {
        get
        {
            lock (_gate)
            {
                return new PodSnapshot(versions.Version, _pods);
            }
        }
    }

    public SimulatedPod? Find(string key) => Volatile.Read(ref _pods).GetValueOrDefault(key);

    /// <summary>The pods at exactly that version; null if it is no longer known.</summary>
    public PodSnapshot? At(ulong version)
    {
        lock (_gate)
        {
            if (version < _oldestVersion || version > versions.Version)
            {
                return null;
            }

            var before = _events.LastOrDefault(entry => entry.Pod.Version <= version);
            return before is not null ? new PodSnapshot(version, before.After)
                : _events.Count == 0 ? new PodSnapshot(version, _pods)
                : null;
        }
    }

    /// <summary>Adds or replaces a pod; the JSON is made for its new version.</summary>
    public SimulatedPod Set(string ns, string name, Func<ulong, byte[]> json)
    {
        lock (_gate)
        {
            var version = versions.Touch();
            var pod = new SimulatedPod(ns, name, version, json(version));
            var kind = _pods.ContainsKey(pod.Key) ? EventKind.Modified : EventKind.Added;
            _pods = _pods.SetItem(pod.Key, pod);
            Publish(new PodEvent(kind, pod, _pods));
            return pod;
        }
    }

    public bool Remove(string key, Func<SimulatedPod, ulong, byte[]> json)
    {
        lock (_gate)
        {
            if (!_pods.TryGetValue(key, out var pod))
            {
                return false;
            }

            var version = versions.Touch();
            _pods = _pods.Remove(key);
            Publish(new PodEvent(EventKind.Deleted, pod with { Version = version, JsonUtf8 = json(pod, version) }, _pods));
            return true;
        }
    }

    /// <summary>From now on every older version is expired.</summary>
    public void ExpireOlder()
    {
        lock (_gate)
        {
            _events.Clear();
            _oldestVersion = versions.Touch();
            Signal();
        }
    }

    /// <summary>What happened after a version, and the version up to which that is all; null when it has expired.</summary>
    public IReadOnlyList<PodEvent>? After(ulong version, out ulong upTo, out ulong oldest)
    {
        lock (_gate)
        {
            upTo = versions.Version;
            oldest = _oldestVersion;
            return version < _oldestVersion ? null : [.. _events.Where(entry => entry.Pod.Version > version)];
        }
    }

    private void Publish(PodEvent entry)
    {
        _events.Add(entry);
        if (_events.Count > eventsMax)
        {
            _oldestVersion = _events[0].Pod.Version;
            _events.RemoveAt(0);
        }

        Signal();
    }

    private void Signal()
    {
        var signal = _changed;
        _changed = NewSignal();
        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
