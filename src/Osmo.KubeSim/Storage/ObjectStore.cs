using System.Collections.Immutable;

namespace Osmo.KubeSim.Storage;

/// <summary>One version of a pod or an event, as the JSON that lists and watches carry.</summary>
internal sealed record SimulatedObject(string Namespace, string Name, ulong Version, ReadOnlyMemory<byte> JsonUtf8)
{
    /// <summary>Its place in a list.</summary>
    public string Key => $"{Namespace}/{Name}";
}

/// <summary>One change; for a deletion its last state under the deletion's version.</summary>
internal sealed record ObjectChange(EventKind Kind, SimulatedObject Object, ImmutableSortedDictionary<string, SimulatedObject> After);

/// <summary>All objects of one kind at one version.</summary>
internal sealed record ObjectSnapshot(ulong Version, ImmutableSortedDictionary<string, SimulatedObject> Objects);

/// <summary>
/// All objects of one kind, pods or events, and a window of past changes. They share the version counter of the nodes, as all of etcd does.
/// </summary>
internal sealed class ObjectStore(NodeStore versions, int changesMax)
{
    private readonly Lock _gate = new();
    private readonly List<ObjectChange> _changes = [];
    private ImmutableSortedDictionary<string, SimulatedObject> _objects =
        ImmutableSortedDictionary.Create<string, SimulatedObject>(StringComparer.Ordinal);
    private ulong _oldestVersion = 1;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Completes at the next change; take it before looking, wait on it after finding nothing.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public ObjectSnapshot Current
    {
        get
        {
            lock (_gate)
            {
                return new ObjectSnapshot(versions.Version, _objects);
            }
        }
    }

    public SimulatedObject? Find(string key) => Volatile.Read(ref _objects).GetValueOrDefault(key);

    /// <summary>The objects at exactly that version; null if it is no longer known.</summary>
    public ObjectSnapshot? At(ulong version)
    {
        lock (_gate)
        {
            if (version < _oldestVersion || version > versions.Version)
            {
                return null;
            }

            var before = _changes.LastOrDefault(entry => entry.Object.Version <= version);
            return before is not null ? new ObjectSnapshot(version, before.After)
                : _changes.Count == 0 ? new ObjectSnapshot(version, _objects)
                : null;
        }
    }

    /// <summary>Adds or replaces an object; the JSON is made for its new version.</summary>
    public SimulatedObject Set(string ns, string name, Func<ulong, byte[]> json)
    {
        lock (_gate)
        {
            var version = versions.Touch();
            var made = new SimulatedObject(ns, name, version, json(version));
            var kind = _objects.ContainsKey(made.Key) ? EventKind.Modified : EventKind.Added;
            _objects = _objects.SetItem(made.Key, made);
            Publish(new ObjectChange(kind, made, _objects));
            return made;
        }
    }

    public bool Remove(string key, Func<SimulatedObject, ulong, byte[]> json)
    {
        lock (_gate)
        {
            if (!_objects.TryGetValue(key, out var known))
            {
                return false;
            }

            var version = versions.Touch();
            _objects = _objects.Remove(key);
            var last = known with { Version = version, JsonUtf8 = json(known, version) };
            Publish(new ObjectChange(EventKind.Deleted, last, _objects));
            return true;
        }
    }

    /// <summary>From now on every older version is expired.</summary>
    public void ExpireOlder()
    {
        lock (_gate)
        {
            _changes.Clear();
            _oldestVersion = versions.Touch();
            Signal();
        }
    }

    /// <summary>What happened after a version, and the version up to which that is all; null when it has expired.</summary>
    public IReadOnlyList<ObjectChange>? After(ulong version, out ulong upTo, out ulong oldest)
    {
        lock (_gate)
        {
            upTo = versions.Version;
            oldest = _oldestVersion;
            return version < _oldestVersion ? null : [.. _changes.Where(entry => entry.Object.Version > version)];
        }
    }

    private void Publish(ObjectChange entry)
    {
        _changes.Add(entry);
        if (_changes.Count > changesMax)
        {
            _oldestVersion = _changes[0].Object.Version;
            _changes.RemoveAt(0);
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
