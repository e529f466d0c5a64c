using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Osmo.Kubernetes;

/// <summary>
/// Shares equal labels, taints, conditions, resources and whole lists of them between the nodes of a fleet, where most say the
/// same: that is what keeps a node small and a comparison a matter of references. Not for several threads at once.
/// </summary>
internal sealed class InternPool
{
    /// <summary>Most entries of each kind; a full table is emptied (what was handed out stays valid, only unshared).</summary>
    public const int EntriesMax = 32_768;

    /// <summary>Most shared lists of each kind.</summary>
    public const int ListsMax = 4_096;

    /// <summary>Texts longer than this are not worth sharing and are made anew.</summary>
    public const int TextBytesMax = 512;

    private readonly InternTable<string, TextRules> _texts;
    private readonly InternTable<NodeLabel, LabelRules> _labels;
    private readonly InternTable<NodeTaint, TaintRules> _taints;
    private readonly InternTable<NodeCondition, ConditionRules> _conditions;
    private readonly InternTable<NodeResource, ResourceRules> _resources;

    public InternPool(int entriesMax = EntriesMax)
    {
        _texts = new(this, entriesMax);
        _labels = new(this, entriesMax);
        _taints = new(this, entriesMax);
        _conditions = new(this, entriesMax);
        _resources = new(this, entriesMax);
    }

    public int Count => _texts.Count + _labels.Count + _taints.Count + _conditions.Count + _resources.Count;

    public string Text(ReadOnlySpan<byte> utf8) =>
        utf8.IsEmpty ? "" : utf8.Length > TextBytesMax ? Utf8Text.ToText(utf8) : _texts.Get(utf8);

    public NodeLabel Label(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => _labels.Get(key, value);

    public NodeTaint Taint(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ReadOnlySpan<byte> effect) =>
        _taints.Get(key, value, effect);

    public NodeCondition Condition(ReadOnlySpan<byte> type, ReadOnlySpan<byte> status) => _conditions.Get(type, status);

    public NodeResource Resource(ReadOnlySpan<byte> name, ReadOnlySpan<byte> quantity) => _resources.Get(name, quantity);

    private readonly struct TextRules : IInterned<string>
    {
        public static bool Matches(string item, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            Utf8Text.Same(first, item);

        public static string Create(
            InternPool pool, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) => Utf8Text.ToText(first);
    }

    private readonly struct LabelRules : IInterned<NodeLabel>
    {
        public static bool Matches(NodeLabel item, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            Utf8Text.Same(first, item.Key) && Utf8Text.Same(second, item.Value);

        public static NodeLabel Create(
            InternPool pool, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            new(pool.Text(first), pool.Text(second));
    }

    private readonly struct TaintRules : IInterned<NodeTaint>
    {
        public static bool Matches(NodeTaint item, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            Utf8Text.Same(first, item.Key) && Utf8Text.Same(second, item.Value) && Utf8Text.Same(third, item.Effect);

        public static NodeTaint Create(
            InternPool pool, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            new(pool.Text(first), pool.Text(second), pool.Text(third));
    }

    private readonly struct ConditionRules : IInterned<NodeCondition>
    {
        public static bool Matches(NodeCondition item, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            Utf8Text.Same(first, item.Type) && Utf8Text.Same(second, item.Status);

        public static NodeCondition Create(
            InternPool pool, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            new(pool.Text(first), pool.Text(second));
    }

    private readonly struct ResourceRules : IInterned<NodeResource>
    {
        public static bool Matches(NodeResource item, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            Utf8Text.Same(first, item.Name) && Utf8Text.Same(second, item.Quantity);

        public static NodeResource Create(
            InternPool pool, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) =>
            new(pool.Text(first), pool.Text(second));
    }
}

/// <summary>Shares equal lists of interned items, found by the identity of their elements.</summary>
internal sealed class InternedLists<T>
    where T : class, IEquatable<T>
{
    private readonly Dictionary<int, ImmutableArray<T>> _lists = [];

    public ImmutableArray<T> Get(ReadOnlySpan<T> items)
    {
        if (items.IsEmpty)
        {
            return [];
        }

        HashCode hash = default;
        foreach (T item in items)
        {
            hash.Add(RuntimeHelpers.GetHashCode(item));
        }

        int key = hash.ToHashCode();
        if (_lists.TryGetValue(key, out ImmutableArray<T> known) && NodeProjection.Same(known.AsSpan(), items))
        {
            return known;
        }

        if (_lists.Count >= InternPool.ListsMax)
        {
            _lists.Clear();
        }

        return _lists[key] = ImmutableArray.Create(items);
    }
}
