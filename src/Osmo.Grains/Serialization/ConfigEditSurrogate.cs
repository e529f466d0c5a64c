using System.Text.Json;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Osmo.Domain.Backends;

namespace Osmo.Grains.Serialization;

/// <summary>A change of a configuration on its way to another silo.</summary>
[GenerateSerializer]
[Alias("osmo.config-edit.surrogate")]
internal struct ConfigEditSurrogate
{
    /// <summary>What kind of change it is.</summary>
    [Id(0)]
    public ConfigEditKind Kind;

    /// <summary>The JSON text of the change.</summary>
    [Id(1)]
    public string Json;
}

/// <summary>Kinds of changes.</summary>
internal enum ConfigEditKind
{
    /// <summary>A <see cref="Osmo.Domain.Backends.ReplaceFields"/>.</summary>
    ReplaceFields,

    /// <summary>A <see cref="Osmo.Domain.Backends.MergePatch"/>.</summary>
    MergePatch,

    /// <summary>A <see cref="Osmo.Domain.Backends.MergePatch"/> that declares a backend which does not exist.</summary>
    Declaration,
}

/// <summary>Takes changes of every kind to other silos.</summary>
[RegisterSerializer]
internal sealed class ConfigEditCodec(IValueSerializer<ConfigEditSurrogate> surrogates)
    : GeneralizedReferenceTypeSurrogateCodec<ConfigEdit, ConfigEditSurrogate>(surrogates)
{
    /// <inheritdoc/>
    public override ConfigEdit ConvertFromSurrogate(ref ConfigEditSurrogate surrogate)
    {
        var json = JsonElement.Parse(surrogate.Json);
        return surrogate.Kind switch
        {
            ConfigEditKind.ReplaceFields => new ReplaceFields(json),
            ConfigEditKind.MergePatch => new MergePatch(json),
            ConfigEditKind.Declaration => new MergePatch(json) { Declares = true },
            _ => throw new InvalidDataException(
                $"Another silo sent a change of a kind that this build does not know ({surrogate.Kind}). Update this silo."),
        };
    }

    /// <inheritdoc/>
    public override void ConvertToSurrogate(ConfigEdit value, ref ConfigEditSurrogate surrogate) =>
        (surrogate.Kind, surrogate.Json) = value switch
        {
            ReplaceFields replace => (ConfigEditKind.ReplaceFields, replace.Configs.GetRawText()),
            MergePatch merge => (merge.Declares ? ConfigEditKind.Declaration : ConfigEditKind.MergePatch, merge.Patch.GetRawText()),
            _ => throw new NotSupportedException($"{value.GetType()} has no form for other silos. Add it to {nameof(ConfigEditCodec)}."),
        };
}

/// <summary>Changes are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class ConfigEditCopier : ShallowCopier<ConfigEdit>, IDerivedTypeCopier;
