using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Configs;
using Osmo.Configs.Documents;
using Osmo.Configs.Editing;
using Osmo.Configs.Secrets;
using Osmo.Configs.Storage;
using Osmo.Domain;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access;
using Osmo.Gateway.Http;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Configs;

/// <summary>What is done to revisions: compare, tag, delete, put in force again.</summary>
internal static class RevisionRoutes
{
    private const string Json = "application/json";

    /// <summary>Fields of a backend that change by themselves: between revisions they are noise.</summary>
    private static readonly string[] Noise = ["last_heartbeat", "online"];

    public static void MapRevisionRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/configs").WithTags("Configuration history");
        group.MapGet("/diff", DiffAsync)
            .WithSummary("Read two revisions to compare them")
            .WithDescription(
                "Query: config_type, first_revision, second_revision. {\"first_data\": ..., \"second_data\": ...}; a secret that differs "
                + "says so in the second and is shown in neither.");
        group.MapPost("/history/{type}/revision/{revision}/tags", TagAsync)
            .WithSummary("Change the tags of a revision")
            .TakesJson("{\"set_tags\": [...], \"delete_tags\": [...]}, at least one of them.", Json);
        group.MapDelete("/history/{type}/revision/{revision}", DeleteAsync)
            .WithSummary("Delete a revision from the history")
            .WithDescription("The newest revision of a type cannot be deleted. Numbers are not given again.");
        group.MapPost("/history/rollback", RollBackAsync)
            .WithSummary("Put an earlier revision in force again")
            .WithDescription(
                "Makes new revisions with the content of the earlier one. Of BACKEND the configurations of all backends go back, one by "
                + "one, after all of them were validated; backends that the revision does not have stay as they are. Answers null, or a "
                + "text that says what was left out.")
            .TakesJson("{\"config_type\": \"POOL\", \"revision\": 3, \"description\": \"...\", \"tags\": [...]}.", Json);
    }

    private static async Task DiffAsync(
        HttpContext context, Configurations configurations, IConfigStore store, IBackendStore backends)
    {
        var query = context.Request.Query;
        var type = HistoryRequest.Type(query["config_type"]);
        var (first, second) = (Revision(query["first_revision"], "first_revision"), Revision(query["second_revision"], "second_revision"));
        JsonNode firstData, secondData;
        if (type == ConfigType.Backend)
        {
            firstData = await BackendsAsync(store, backends, first, context.RequestAborted);
            secondData = await BackendsAsync(store, backends, second, context.RequestAborted);
        }
        else
        {
            var earlier = (await configurations.ReadAsync(type, first, context.RequestAborted)).Entries;
            var later = (await configurations.ReadAsync(type, second, context.RequestAborted)).Entries;
            firstData = ConfigDocument.ToShown(type, ConfigSecrets.Masked(type, earlier));
            secondData = ConfigDocument.ToShown(type, configurations.Secrets.MaskedBeside(type, later, earlier, second));
        }

        await ConfigJson.WriteAsync(context, new JsonObject { ["first_data"] = firstData, ["second_data"] = secondData });
    }

    private static async Task TagAsync(HttpContext context, string type, string revision, IConfigStore store)
    {
        var configType = HistoryRequest.Type(type, "type", ignoreCase: true);
        var number = Revision(revision, "revision");
        var request = await ConfigRequest.ReadAsync(context);
        var add = request.Texts("set_tags", Limits.TagsMax, Limits.TagCharsMax);
        var remove = request.Texts("delete_tags", Limits.TagsMax, Limits.TagCharsMax);
        if (add is null && remove is null)
        {
            throw OsmoException.InvalidFields([new FieldError("set_tags", "is missing. Give set_tags, delete_tags, or both.")]);
        }

        if (!await store.TagAsync(configType, number, [.. add ?? []], [.. remove ?? []], context.RequestAborted))
        {
            throw Configurations.NoRevision(configType, number);
        }

        await ConfigJson.WriteAsync(context, null);
    }

    private static async Task DeleteAsync(HttpContext context, string type, string revision, IConfigStore store, TimeProvider time)
    {
        var configType = HistoryRequest.Type(type, "type", ignoreCase: true);
        var number = Revision(revision, "revision");
        var caller = context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request passed without a caller.");
        var deletion = await store.DeleteRevisionAsync(configType, number, caller.Name, time.GetUtcNow(), context.RequestAborted);
        await (deletion switch
        {
            RevisionDeletion.Deleted => ConfigJson.WriteAsync(context, null),
            RevisionDeletion.Newest => throw new OsmoException(
                ErrorCode.Invalid,
                $"Cannot delete the current revision {number} for config type {configType.Name()}. Make a newer one first."),
            _ => throw Configurations.NoRevision(configType, number),
        });
    }

    private static async Task RollBackAsync(HttpContext context, Configurations configurations, BackendRollback rollback)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var type = HistoryRequest.Type((request.Body["config_type"] as JsonValue)?.ToString());
        var revision = Revision((request.Body["revision"] as JsonValue)?.ToString(), "revision");
        string? leftOut = null;
        if (type == ConfigType.Backend)
        {
            leftOut = await rollback.RollBackAsync(revision, request.Audit, context.RequestAborted);
        }
        else
        {
            var snapshot = await configurations.RollBackAsync(type, revision, request.Audit, context.RequestAborted);
            EntityTags.Set(context.Response, snapshot.Revision);
        }

        await ConfigJson.WriteAsync(context, leftOut);
    }

    private static long Revision(string? text, string field) =>
        WholeNumber.TryParse(text, out var revision) && revision > 0
            ? revision
            : throw OsmoException.InvalidFields([new FieldError(field, "must be the number of a revision, such as 42.")]);

    private static async Task<JsonArray> BackendsAsync(
        IConfigStore store, IBackendStore backends, long revision, CancellationToken cancellationToken)
    {
        if (await store.ReadRevisionAsync(ConfigType.Backend, revision, cancellationToken) is not { DeletedBy: null })
        {
            throw Configurations.NoRevision(ConfigType.Backend, revision);
        }

        var shown = new JsonArray();
        foreach (var document in await backends.ReadDocumentsAtAsync(revision, cancellationToken))
        {
            var backend = (JsonObject)JsonNode.Parse(document)!;
            Array.ForEach(Noise, field => backend.Remove(field));
            shown.Add(backend);
        }

        return shown;
    }
}
