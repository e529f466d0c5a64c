namespace Osmo.Kubernetes;

/// <summary>How a table compares and makes what it holds; an item is keyed by up to three UTF-8 texts.</summary>
internal interface IInterned<T>
{
    static abstract bool Matches(T item, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third);

    static abstract T Create(InternPool pool, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third);
}

/// <summary>
/// A hash table from UTF-8 bytes to shared objects. A hit allocates nothing. Full, it forgets everything and starts again.
/// </summary>
internal sealed class InternTable<T, TRules>(InternPool pool, int entriesMax)
    where T : class
    where TRules : IInterned<T>
{
    private const int BucketsInitial = 64;

    private int[] _buckets = new int[BucketsInitial];
    private Entry[] _entries = new Entry[BucketsInitial];
    private int _count;

    public int Count => _count;

    public T Get(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        ulong hash = Utf8Text.Hash(first);
        hash = second.IsEmpty ? hash : Utf8Text.Hash(second, hash);
        hash = third.IsEmpty ? hash : Utf8Text.Hash(third, hash);
        for (int next = _buckets[hash & (ulong)(_buckets.Length - 1)]; next != 0; next = _entries[next - 1].Next)
        {
            ref Entry entry = ref _entries[next - 1];
            if (entry.Hash == hash && TRules.Matches(entry.Item, first, second, third))
            {
                return entry.Item;
            }
        }

        return Add(hash, TRules.Create(pool, first, second, third));
    }

    private T Add(ulong hash, T item)
    {
        if (_count == entriesMax)
        {
            Array.Clear(_buckets);
            Array.Clear(_entries);
            _count = 0;
        }
        else if (_count == _entries.Length)
        {
            Grow();
        }

        ref int bucket = ref _buckets[hash & (ulong)(_buckets.Length - 1)];
        _entries[_count] = new Entry(hash, bucket, item);
        bucket = ++_count;
        return item;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, _entries.Length * 2);
        _buckets = new int[_entries.Length];
        for (int i = 0; i < _count; i++)
        {
            ref Entry entry = ref _entries[i];
            ref int bucket = ref _buckets[entry.Hash & (ulong)(_buckets.Length - 1)];
            entry = entry with { Next = bucket };
            bucket = i + 1;
        }
    }

    private readonly record struct Entry(ulong Hash, int Next, T Item);
}
