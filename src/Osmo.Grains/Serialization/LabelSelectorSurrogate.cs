using Orleans.Serialization.Cloning;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Serialization;

/// <summary>A label selector on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.label-selector.surrogate")]
internal struct LabelSelectorSurrogate
{
    /// <summary>The selector as it was written.</summary>
    [Id(0)]
    public string Text;
}

/// <summary>Takes label selectors to other silos.</summary>
[RegisterConverter]
internal sealed class LabelSelectorConverter : IConverter<LabelSelector, LabelSelectorSurrogate>
{
    /// <inheritdoc/>
    public LabelSelector ConvertFromSurrogate(in LabelSelectorSurrogate surrogate) =>
        LabelSelector.TryParse(surrogate.Text, out var selector, out var problem)
            ? selector
            : throw new InvalidDataException($"Another silo sent a selector that this build refuses: {problem} Update this silo.");

    /// <inheritdoc/>
    public LabelSelectorSurrogate ConvertToSurrogate(in LabelSelector value) => new() { Text = value.Text };
}

/// <summary>Selectors are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class LabelSelectorCopier : ShallowCopier<LabelSelector>;
