using Orleans.Serialization.Cloning;
using Osmo.Domain.Errors;

namespace Osmo.Grains.Serialization;

/// <summary>
/// A failure on its way to another silo. Where it was thrown is not told: it is the answer to a call, and says by itself what to do next.
/// </summary>
[GenerateSerializer]
[Alias("osmo.failure.surrogate")]
internal struct OsmoExceptionSurrogate
{
    /// <summary>What kind of failure it is.</summary>
    [Id(0)]
    public ErrorCode Code;

    /// <summary>The message, for people.</summary>
    [Id(1)]
    public string Message;

    /// <summary>The fields at fault, each as its path and its message; null if no field is.</summary>
    [Id(2)]
    public string[]? Fields;
}

/// <summary>Takes failures to other silos.</summary>
[RegisterConverter]
internal sealed class OsmoExceptionConverter : IConverter<OsmoException, OsmoExceptionSurrogate>
{
    /// <inheritdoc/>
    public OsmoException ConvertFromSurrogate(in OsmoExceptionSurrogate surrogate) => new(
        surrogate.Code,
        surrogate.Message,
        surrogate.Fields is { } fields ? [.. fields.Chunk(2).Select(field => new FieldError(field[0], field[1]))] : []);

    /// <inheritdoc/>
    public OsmoExceptionSurrogate ConvertToSurrogate(in OsmoException value) => new()
    {
        Code = value.Code,
        Message = value.Message,
        Fields = value.Fields.IsDefaultOrEmpty ? null : [.. value.Fields.SelectMany(field => new[] { field.Field, field.Message })],
    };
}

/// <summary>Failures do not change: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class OsmoExceptionCopier : ShallowCopier<OsmoException>;
