using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access;
using Osmo.Gateway.Calls;
using Osmo.Gateway.Http;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Configs;

/// <summary>The BACKEND configuration, as OSMO's clients know it, and a merge patch beside it.</summary>
internal static class BackendConfigRoutes
{
    private const string Json = "application/json";

    public static void MapBackendConfigRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/configs/backend").WithTags("Backend configuration");
        group.MapGet("", ListAsync)
            .WithSummary("List backends")
            .WithDescription(
                "Every backend with its configuration and status, by name: {\"backends\": [...]}. Times are UTC without a zone.");
        group.MapGet("/{name}", GetAsync)
            .WithSummary("Read a backend")
            .WithDescription(
                "The backend's document; its ETag is the revision of its configuration. With ?revision=N the document as it was in "
                + "force at revision N: a submission that was given revision N reads the same scheduler settings for ever. "
                + "OSMO's listeners (User-Agent python-requests/...) get node_conditions in the words of every generation of them.");
        group.MapPost("/{name}", ReplaceFieldsAsync)
            .WithSummary("Change top-level fields")
            .WithDescription(
                "Body {\"configs\": {...}, \"description\": \"...\", \"tags\": [...]}. Each top-level field that is given replaces "
                + "the whole of what was there. A change that changes nothing makes no revision. "
                + "Answers null; the ETag is the new revision.")
            .TakesJson("The fields to change, with an optional description and tags.", Json);
        group.MapPatch("/{name}", PatchAsync)
            .WithSummary("Change fields by a JSON merge patch (RFC 7396)")
            .WithDescription(
                "The body is the patch of the document; null puts a field back to its default. Answers the new document. With "
                + "?create=true a backend that does not exist is declared: its agent finds the configuration when it first connects.")
            .TakesJson("The merge patch.", "application/merge-patch+json");
        group.MapDelete("/{name}", DeleteAsync)
            .WithSummary("Delete a backend and its nodes")
            .WithDescription(
                "Body {\"description\": \"...\", \"tags\": [...]}, both optional. "
                + "An agent that is still deployed registers the backend anew.")
            .TakesJson("An optional description and tags.", Json);
    }

    private static async Task ListAsync(HttpContext context, IBackendStore store, TimeProvider time)
    {
        var records = await store.ListAsync(context.RequestAborted);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("backends");
            foreach (var record in records)
            {
                BackendDocument.Write(writer, record, time.GetUtcNow());
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        await WriteJsonAsync(context, stream.GetBuffer().AsMemory(0, (int)stream.Length));
    }

    private static async Task GetAsync(
        HttpContext context, string name, BackendCalls calls, IBackendStore store, TimeProvider time, string? revision = null)
    {
        var backend = BackendName.Parse(name);
        if (revision is not null)
        {
            var wanted = long.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw OsmoException.InvalidFields([new FieldError("revision", "must be the number of a revision, such as 42.")]);
            var entry = await store.ReadBackendAtAsync(backend, wanted, context.RequestAborted)
                ?? throw new OsmoException(
                    ErrorCode.NotFound, $"Backend {backend} did not exist at revision {wanted}. Its history lists its revisions.");
            EntityTags.Set(context.Response, entry.Revision);
            await WriteJsonAsync(context, Encoding.UTF8.GetBytes(entry.Change.DocumentJson!));
            return;
        }

        var record = (await calls.GetAsync(backend, context.RequestAborted)).Record;
        var (isListener, now) = (ListenerDocument.IsAsked(context), time.GetUtcNow());
        var json = isListener ? ListenerDocument.ToJson(record, now) : BackendDocument.ToJson(record, now);
        await WriteDocumentAsync(context, record, json);
    }

    private static async Task ReplaceFieldsAsync(HttpContext context, string name, BackendCalls calls)
    {
        var backend = BackendName.Parse(name);
        using var body = await JsonBody.ReadObjectAsync(context.Request);
        if (!body.RootElement.TryGetProperty("configs", out var configs))
        {
            throw new OsmoException(ErrorCode.Invalid, "The body must have \"configs\": an object with the fields to change.");
        }

        var audit = Named(ChangeEnvelope.ReadAudit(body.RootElement, Caller(context)), context, body);
        await CheckTestsAsync(context, configs, backend);
        var record = await calls.ConfigureAsync(
            backend, new ReplaceFields(configs.Clone()), audit, EntityTags.IfMatch(context.Request), context.RequestAborted);
        EntityTags.Set(context.Response, record.Revision);
        await WriteJsonAsync(context, "null"u8.ToArray());
    }

    private static async Task PatchAsync(
        HttpContext context,
        string name,
        BackendCalls calls,
        TimeProvider time,
        string? description = null,
        [FromQuery] string[]? tags = null,
        bool create = false)
    {
        var backend = BackendName.Parse(name);
        using var patch = await JsonBody.ReadAsync(context.Request);
        var audit = Named(ChangeEnvelope.Audit(Caller(context), description, [.. tags ?? []]), context, patch);
        await CheckTestsAsync(context, patch.RootElement, backend);
        var record = await calls.ConfigureAsync(
            backend,
            new MergePatch(patch.RootElement.Clone()) { Declares = create },
            audit,
            EntityTags.IfMatch(context.Request),
            context.RequestAborted);
        await WriteDocumentAsync(context, record, BackendDocument.ToJson(record, time.GetUtcNow()));
    }

    private static async Task DeleteAsync(HttpContext context, string name, BackendCalls calls)
    {
        var backend = BackendName.Parse(name);
        var audit = Named(new Audit(Caller(context).Name, null, TextList.Empty), context, body: null);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true && context.Request.ContentLength != 0)
        {
            using var body = await JsonBody.ReadObjectAsync(context.Request);
            audit = Named(ChangeEnvelope.ReadAudit(body.RootElement, Caller(context)), context, body);
        }

        await calls.DeleteAsync(backend, audit, EntityTags.IfMatch(context.Request), context.RequestAborted);
        await WriteJsonAsync(context, "null"u8.ToArray());
    }

    /// <summary>Where the other configurations are known, too: a gateway alone cannot say which tests there are.</summary>
    private static Task CheckTestsAsync(HttpContext context, JsonElement fields, BackendName backend) =>
        context.RequestServices.GetService(typeof(BackendTests)) is BackendTests tests
            ? tests.CheckAsync(fields, backend, context.RequestAborted)
            : Task.CompletedTask;

    /// <summary>With the request's name, so that it applies once however often it is repeated.</summary>
    private static Audit Named(Audit audit, HttpContext context, JsonDocument? body) => audit with
    {
        Request = RequestIds.Read(context.Request, audit.Username, body?.RootElement.GetRawText() ?? ""),
    };

    private static Caller Caller(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request passed without a caller.");

    private static Task WriteDocumentAsync(HttpContext context, BackendRecord record, string json)
    {
        EntityTags.Set(context.Response, record.Revision);
        return WriteJsonAsync(context, Encoding.UTF8.GetBytes(json));
    }

    private static async Task WriteJsonAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        context.Response.ContentType = Json;
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
