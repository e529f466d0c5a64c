using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;

namespace Osmo.Storage;

/// <summary>The columns of a backend that are text, as every store has them.</summary>
internal sealed record StoredRecord(
    string Name,
    string Config,
    string? ClusterUid,
    string Namespace,
    string AgentVersion,
    string Prefix,
    bool AgentLabelUpdates,
    string Protocol)
{
    private const string ListenerProtocol = "listener";

    /// <summary>How a protocol is stored.</summary>
    public static string TextOf(AgentProtocol protocol) => protocol == AgentProtocol.Listener ? ListenerProtocol : "channel";

    /// <summary>The backend that was stored.</summary>
    /// <exception cref="InvalidDataException">What is stored is not what was written: it was validated then.</exception>
    public BackendRecord Restore(long revision, DateTimeOffset createdAt, DateTimeOffset? lastHeartbeat)
    {
        if (!NodeConditionPrefix.TryCreate(Prefix, out var prefix, out var error))
        {
            throw new InvalidDataException($"The stored prefix \"{Prefix}\" is not legal: {error}");
        }

        var registration = new BackendRegistration(ClusterUid, Namespace, AgentVersion, prefix, AgentLabelUpdates)
        {
            Protocol = Protocol == ListenerProtocol ? AgentProtocol.Listener : AgentProtocol.Channel,
        };
        using var document = JsonDocument.Parse(Config);
        var config = BackendConfigReader.ReadStored(document.RootElement, registration);
        return new BackendRecord(BackendName.Parse(Name), config, registration, revision, createdAt, lastHeartbeat);
    }
}
