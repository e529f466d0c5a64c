using System.Text.Json;
using Orleans.Serialization.Cloning;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;

namespace Osmo.Grains.Serialization;

/// <summary>
/// A backend on its way to another silo: its configuration as the document that is stored, so that a field that is added to the document
/// travels without being named here again.
/// </summary>
[GenerateSerializer]
[Alias("osmo.backend-record.surrogate")]
internal struct BackendRecordSurrogate
{
    /// <summary>The backend's name.</summary>
    [Id(0)]
    public BackendName Name;

    /// <summary>The part of the document that operators may change; see <see cref="BackendDocument.EditableJson"/>.</summary>
    [Id(1)]
    public string ConfigJson;

    /// <summary>See <see cref="BackendRegistration.ClusterUid"/>.</summary>
    [Id(2)]
    public string? ClusterUid;

    /// <summary>See <see cref="BackendRegistration.Namespace"/>.</summary>
    [Id(3)]
    public string Namespace;

    /// <summary>See <see cref="BackendRegistration.AgentVersion"/>.</summary>
    [Id(4)]
    public string AgentVersion;

    /// <summary>See <see cref="BackendRegistration.Prefix"/>.</summary>
    [Id(5)]
    public string Prefix;

    /// <summary>See <see cref="BackendRegistration.AgentLabelUpdates"/>.</summary>
    [Id(6)]
    public bool AgentLabelUpdates;

    /// <summary>See <see cref="BackendRegistration.Protocol"/>.</summary>
    [Id(7)]
    public AgentProtocol Protocol;

    /// <summary>See <see cref="BackendRecord.Revision"/>.</summary>
    [Id(8)]
    public long Revision;

    /// <summary>See <see cref="BackendRecord.CreatedAt"/>.</summary>
    [Id(9)]
    public DateTimeOffset CreatedAt;

    /// <summary>See <see cref="BackendRecord.LastHeartbeat"/>.</summary>
    [Id(10)]
    public DateTimeOffset? LastHeartbeat;
}

/// <summary>Takes backends to other silos.</summary>
[RegisterConverter]
internal sealed class BackendRecordConverter : IConverter<BackendRecord, BackendRecordSurrogate>
{
    /// <inheritdoc/>
    public BackendRecord ConvertFromSurrogate(in BackendRecordSurrogate surrogate)
    {
        if (!NodeConditionPrefix.TryCreate(surrogate.Prefix, out var prefix, out var problem))
        {
            throw new InvalidDataException($"The prefix \"{surrogate.Prefix}\" that another silo sent is not legal: {problem}");
        }

        var registration = new BackendRegistration(
            surrogate.ClusterUid, surrogate.Namespace, surrogate.AgentVersion, prefix, surrogate.AgentLabelUpdates)
        {
            Protocol = surrogate.Protocol,
        };
        using var document = JsonDocument.Parse(surrogate.ConfigJson);
        var config = BackendConfigReader.ReadStored(document.RootElement, registration);
        return new BackendRecord(
            surrogate.Name, config, registration, surrogate.Revision, surrogate.CreatedAt, surrogate.LastHeartbeat);
    }

    /// <inheritdoc/>
    public BackendRecordSurrogate ConvertToSurrogate(in BackendRecord value) => new()
    {
        Name = value.Name,
        ConfigJson = BackendDocument.EditableJson(value),
        ClusterUid = value.Registration.ClusterUid,
        Namespace = value.Registration.Namespace,
        AgentVersion = value.Registration.AgentVersion,
        Prefix = value.Registration.Prefix.Value,
        AgentLabelUpdates = value.Registration.AgentLabelUpdates,
        Protocol = value.Registration.Protocol,
        Revision = value.Revision,
        CreatedAt = value.CreatedAt,
        LastHeartbeat = value.LastHeartbeat,
    };
}

/// <summary>Records are immutable: calls in a process share them.</summary>
[RegisterCopier]
internal sealed class BackendRecordCopier : ShallowCopier<BackendRecord>;
