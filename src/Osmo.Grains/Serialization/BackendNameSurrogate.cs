using Orleans.Serialization.Cloning;
using Osmo.Domain.Backends;

namespace Osmo.Grains.Serialization;

/// <summary>A backend's name on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.backend-name.surrogate")]
internal struct BackendNameSurrogate
{
    /// <summary>The name; empty for a default value, which has none.</summary>
    [Id(0)]
    public string Value;
}

/// <summary>Takes backend names to other silos.</summary>
[RegisterConverter]
internal sealed class BackendNameConverter : IConverter<BackendName, BackendNameSurrogate>
{
    /// <inheritdoc/>
    public BackendName ConvertFromSurrogate(in BackendNameSurrogate surrogate) =>
        string.IsNullOrEmpty(surrogate.Value) ? default : BackendName.Parse(surrogate.Value);

    /// <inheritdoc/>
    public BackendNameSurrogate ConvertToSurrogate(in BackendName value) => new() { Value = value.ToString() };
}

/// <summary>Names are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class BackendNameCopier : ShallowCopier<BackendName>;
