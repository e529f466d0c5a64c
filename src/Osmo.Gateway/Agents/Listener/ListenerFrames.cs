using System.Text.Json;
using Osmo.Domain.Availability;
using Osmo.Domain.Listeners;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>
/// Writes frames to an OSMO agent. It takes a message only where every name is one that it knows, so nothing is ever added to these.
/// </summary>
internal static class ListenerFrames
{
    /// <summary>What a worker waits for; the one frame that has no envelope.</summary>
    public static ReadOnlyMemory<byte> WorkerHeartbeat { get; } = "{\"type\": \"heartbeat\"}"u8.ToArray();

    /// <summary>A message was taken.</summary>
    public static byte[] Ack(string message) => Write("ack", message, static (body, id) => body.WriteString("uuid"u8, id));

    /// <summary>Which node conditions count, in the form or the forms that the agent may understand.</summary>
    public static IEnumerable<byte[]> NodeConditions(NodeConditionRules rules, ListenerGeneration generation)
    {
        var translation = RuleTranslation.Of(rules);
        if (generation != ListenerGeneration.Rules)
        {
            yield return Write("node_conditions", translation.Lists, static (body, lists) =>
            {
                WriteList(body, "available_conditions", lists.Additional);
                WriteList(body, "ignore_conditions", lists.Ignore);
            });
        }

        if (generation != ListenerGeneration.Lists)
        {
            yield return Write("node_conditions", translation.Pairs, static (body, pairs) =>
            {
                body.WriteStartObject("rules"u8);
                foreach (var (type, status) in pairs)
                {
                    body.WriteString(type, status);
                }

                body.WriteEndObject();
            });
        }
    }

    private static byte[] Write<T>(string type, T content, Action<Utf8JsonWriter, T> writeBody)
    {
        using var stream = new MemoryStream(160);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            writer.WriteStartObject("body"u8);
            writeBody(writer, content);
            writer.WriteEndObject();
            writer.WriteString("uuid"u8, Guid.NewGuid().ToString("N"));
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable<string> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}
