using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;

namespace Osmo.Cli.Configs;

/// <summary>
/// What a gateway makes of the fields that a backend is sent: what a field leaves out takes its default or stays, and what the gateway
/// itself writes is ignored. The domain says it, as it does on the gateway.
/// </summary>
internal static class BackendChange
{
    /// <summary>The backend after a change.</summary>
    /// <param name="live">The backend's document now.</param>
    /// <param name="wanted">The fields to send.</param>
    /// <returns>
    /// The document; null where this program cannot say: the gateway is a newer one with fields that are not known here, or will refuse
    /// what is wanted.
    /// </returns>
    public static JsonObject? Result(JsonNode? live, JsonNode wanted)
    {
        if (live is not JsonObject document)
        {
            return null;
        }

        try
        {
            using var fields = JsonDocument.Parse(wanted.ToJsonString());
            var before = BackendDocument.Read(BackendName.Parse((string?)document["name"]), document.ToJsonString(), revision: 0);
            var after = new ReplaceFields(fields.RootElement).ApplyTo(before);
            return Overlay(document, Shown(before), Shown(after));
        }
        catch (Exception error) when (error is OsmoException or FormatException or InvalidOperationException or KeyNotFoundException
            or ArgumentException)
        {
            return null;
        }
    }

    private static JsonObject Shown(BackendRecord record) =>
        (JsonObject)JsonNode.Parse(BackendDocument.ToJson(record, record.CreatedAt))!;

    /// <summary>The gateway's own document with what changes: some of it moves by itself, such as the last heartbeat.</summary>
    private static JsonObject Overlay(JsonObject live, JsonObject before, JsonObject after)
    {
        var result = (JsonObject)live.DeepClone();
        foreach (var (name, value) in after)
        {
            if (!JsonNode.DeepEquals(before[name], value))
            {
                result[name] = value?.DeepClone();
            }
        }

        return result;
    }
}
