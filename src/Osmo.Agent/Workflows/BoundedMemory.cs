namespace Osmo.Agent;

/// <summary>
/// Remembers so many entries, and each for so long; those that were not asked for or set for longest go first. Not safe for several
/// threads.
/// </summary>
/// <param name="entriesMax">Most entries.</param>
/// <param name="lifetime">How long one is remembered after it was set; null for ever.</param>
/// <param name="time">Clock.</param>
internal sealed class BoundedMemory<TKey, TValue>(int entriesMax, TimeSpan? lifetime, TimeProvider time)
    where TKey : notnull
{
    private readonly LinkedList<(TKey Key, TValue Value, long SetAt)> _entries = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value, long SetAt)>> _byKey = [];

    public int Count => _byKey.Count;

    public bool TryGet(TKey key, out TValue? value)
    {
        value = default;
        if (!_byKey.TryGetValue(key, out LinkedListNode<(TKey Key, TValue Value, long SetAt)>? node))
        {
            return false;
        }

        _entries.Remove(node);
        if (lifetime is { } longest && time.GetElapsedTime(node.Value.SetAt) >= longest)
        {
            _byKey.Remove(key);
            return false;
        }

        _entries.AddLast(node);
        value = node.Value.Value;
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        if (_byKey.Remove(key, out LinkedListNode<(TKey Key, TValue Value, long SetAt)>? known))
        {
            _entries.Remove(known);
        }

        _byKey[key] = _entries.AddLast((key, value, time.GetTimestamp()));
        if (_byKey.Count > entriesMax && _entries.First is { } oldest)
        {
            _entries.Remove(oldest);
            _byKey.Remove(oldest.Value.Key);
        }
    }
}
