using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Configs;
using Osmo.Configs.Documents;
using Osmo.Configs.Secrets;
using Osmo.Configs.Storage;
using Osmo.Domain.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Configs;

/// <summary>The history of configurations.</summary>
internal static class HistoryRoutes
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = ConfigJson.Readable.Encoder };

    public static void MapHistoryRoutes(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/configs/history", ReadAsync)
            .WithTags("Configuration history")
            .WithSummary("Read the history")
            .WithDescription(
                "{\"configs\": [{config_type, name, revision, username, created_at, description, tags, data}]}. A revision stands for the "
                + "complete configuration of its type after the change; data is null with omit_data=True. The newest `limit` entries "
                + "after `offset` are taken, and `order` sorts those by time, those of one type by revision. "
                + "Query: offset, limit (1 to 1000, 20), order (ASC, DESC), "
                + "config_types, name, revision, tags (all of them), created_before, created_after, "
                + "or at_timestamp (of each type the newest entry not after it).");

    private static async Task ReadAsync(HttpContext context, IConfigStore store, IBackendStore backends)
    {
        var request = HistoryRequest.Parse(context.Request.Query);
        var entries = await store.ReadHistoryAsync(request.Query, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, Readable);
        writer.WriteStartObject();
        writer.WriteStartArray("configs");
        foreach (var entry in entries)
        {
            writer.WriteStartObject();
            WriteHead(writer, entry);
            writer.WritePropertyName("data");
            if (request.OmitData)
            {
                writer.WriteNullValue();
            }
            else if (entry.Type == ConfigType.Backend)
            {
                WriteBackends(writer, await backends.ReadDocumentsAtAsync(entry.Revision, context.RequestAborted));
            }
            else
            {
                WriteDocument(writer, entry);
            }

            writer.WriteEndObject();
            await writer.FlushAsync(context.RequestAborted);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter writer, ConfigRevision entry)
    {
        writer.WriteString("config_type", entry.Type.Name());
        writer.WriteString("name", entry.Name);
        writer.WriteNumber("revision", entry.Revision);
        writer.WriteString("username", entry.Username);
        writer.WriteString("created_at", NaiveUtc.Format(entry.CreatedAt));
        writer.WriteString("description", entry.Description);
        writer.WriteStartArray("tags");
        foreach (var tag in entry.Tags.Items)
        {
            writer.WriteStringValue(tag);
        }

        writer.WriteEndArray();
    }

    private static void WriteBackends(Utf8JsonWriter writer, IReadOnlyList<string> documents)
    {
        writer.WriteStartArray();
        foreach (var document in documents)
        {
            writer.WriteRawValue(document);
        }

        writer.WriteEndArray();
    }

    private static void WriteDocument(Utf8JsonWriter writer, ConfigRevision entry)
    {
        var stored = (JsonObject)JsonNode.Parse(entry.DocumentJson ?? "{}")!;
        ConfigDocument.ToShown(entry.Type, ConfigSecrets.Masked(entry.Type, stored)).WriteTo(writer, ConfigJson.Readable);
    }
}
