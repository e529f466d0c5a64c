using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Configs;

/// <summary>The history of configurations.</summary>
internal static class HistoryRoutes
{
    public static void MapHistoryRoutes(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/configs/history", ReadAsync)
            .WithTags("Configuration history")
            .WithSummary("Read the history")
            .WithDescription(
                "{\"configs\": [{config_type, name, revision, username, created_at, description, tags, data}]}. A revision stands for the "
                + "complete configuration of its type after the change; data is null with omit_data=True. The newest `limit` entries "
                + "after `offset` are taken, and `order` sorts those. Query: offset, limit (1 to 1000, 20), order (ASC, DESC), "
                + "config_types, name, revision, tags (all of them), created_before, created_after, "
                + "or at_timestamp (newest entry not after it).");

    private static async Task ReadAsync(HttpContext context, IBackendStore store)
    {
        var request = HistoryRequest.Parse(context.Request.Query);
        var entries = request.IncludesBackends ? await store.ReadHistoryAsync(request.Query, context.RequestAborted) : [];
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteStartArray("configs");
        foreach (var entry in entries)
        {
            var documents = request.OmitData ? null : await store.ReadDocumentsAtAsync(entry.Revision, context.RequestAborted);
            Write(writer, entry, documents);
            await writer.FlushAsync(context.RequestAborted);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, HistoryEntry entry, IReadOnlyList<string>? documents)
    {
        writer.WriteStartObject();
        writer.WriteString("config_type", HistoryRequest.BackendType);
        writer.WriteString("name", entry.Backend.ToString());
        writer.WriteNumber("revision", entry.Revision);
        writer.WriteString("username", entry.Change.Username);
        writer.WriteString("created_at", NaiveUtc.Format(entry.Change.CreatedAt));
        writer.WriteString("description", entry.Change.Description);
        writer.WriteStartArray("tags");
        foreach (var tag in entry.Change.Tags.Items)
        {
            writer.WriteStringValue(tag);
        }

        writer.WriteEndArray();
        writer.WritePropertyName("data");
        if (documents is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteStartArray();
            foreach (var document in documents)
            {
                writer.WriteRawValue(document);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
