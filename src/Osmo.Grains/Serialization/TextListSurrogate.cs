using System.Runtime.InteropServices;
using Orleans.Serialization.Cloning;
using Osmo.Domain.Backends;

namespace Osmo.Grains.Serialization;

/// <summary>A list of strings on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.text-list.surrogate")]
internal struct TextListSurrogate
{
    /// <summary>The items, in order.</summary>
    [Id(0)]
    public string[] Items;
}

/// <summary>Takes lists of strings to other silos.</summary>
[RegisterConverter]
internal sealed class TextListConverter : IConverter<TextList, TextListSurrogate>
{
    /// <inheritdoc/>
    public TextList ConvertFromSurrogate(in TextListSurrogate surrogate) =>
        surrogate.Items is { Length: > 0 } items ? new TextList(ImmutableCollectionsMarshal.AsImmutableArray(items)) : TextList.Empty;

    /// <inheritdoc/>
    public TextListSurrogate ConvertToSurrogate(in TextList value) =>
        new() { Items = ImmutableCollectionsMarshal.AsArray(value.Items) ?? [] };
}

/// <summary>Lists are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class TextListCopier : ShallowCopier<TextList>;
