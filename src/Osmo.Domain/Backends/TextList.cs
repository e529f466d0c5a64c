using System.Collections.Immutable;

namespace Osmo.Domain.Backends;

/// <summary>An immutable list of strings that is equal to another one with the same items in the same order.</summary>
public sealed class TextList : IEquatable<TextList>
{
    /// <summary>Wraps items.</summary>
    public TextList(ImmutableArray<string> items) => Items = items;

    /// <summary>The list without items.</summary>
    public static TextList Empty { get; } = new([]);

    /// <summary>The items, in order.</summary>
    public ImmutableArray<string> Items { get; }

    /// <inheritdoc/>
    public bool Equals(TextList? other) => other is not null && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TextList);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(Items.Length, HashCode.Combine);
}
