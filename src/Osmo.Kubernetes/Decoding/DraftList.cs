using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>A list being decoded, beside the list the node had before: what came again unchanged is taken from there.</summary>
internal struct DraftList<T>()
    where T : class, IEquatable<T>
{
    private T[] _items = new T[16];
    private int _count;
    private int _cursor;
    private ImmutableArray<T> _known = [];

    public readonly ReadOnlySpan<T> Items => _items.AsSpan(0, _count);

    /// <summary>The element that probably comes next, by the list that was there before; null past its end.</summary>
    public readonly T? Expected => _cursor < _known.Length ? _known[_cursor] : null;

    /// <summary>The one after it, in case one was removed.</summary>
    public readonly T? ExpectedAfter => _cursor + 1 < _known.Length ? _known[_cursor + 1] : null;

    public void Begin(ImmutableArray<T> known)
    {
        _known = known;
        _count = 0;
        _cursor = 0;
    }

    /// <summary>Adds an item and moves the expectation on by <paramref name="advance"/> elements.</summary>
    public void Add(T item, int advance)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, _count * 2);
        }

        _items[_count++] = item;
        _cursor += advance;
    }

    /// <summary>Sorts by a key and keeps the last of several equal ones.</summary>
    public void SortLastWins(Func<T, string> key)
    {
        for (int i = 1; i < _count; i++)
        {
            if (string.CompareOrdinal(key(_items[i - 1]), key(_items[i])) >= 0)
            {
                T[] sorted = [.. _items.Take(_count).Reverse().DistinctBy(key).OrderBy(key, StringComparer.Ordinal)];
                sorted.CopyTo(_items, 0);
                _count = sorted.Length;
                return;
            }
        }
    }

    /// <summary>The given list when it says the same, so that one need not be made.</summary>
    public readonly ImmutableArray<T>? ShareWith(ImmutableArray<T>? other) =>
        other is { } list && NodeProjection.Same(list.AsSpan(), Items) ? list : null;
}
