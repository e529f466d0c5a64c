using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Configs;
using Osmo.Configs.Documents;
using Osmo.Configs.Editing;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Configs;

/// <summary>The configurations of all types but BACKEND.</summary>
internal static class DocumentRoutes
{
    private const string Json = "application/json";
    private const string ChangeBody = "{\"configs\": ..., \"description\": \"...\", \"tags\": [...]}; configs_dict is taken for configs.";

    public static void MapDocumentRoutes(this IEndpointRouteBuilder routes)
    {
        foreach (var type in ConfigTypes.Documents)
        {
            var group = routes.MapGroup($"/api/configs/{type.Segment()}").WithTags("Configurations");
            var endpoints = new DocumentEndpoints(type);
            group.MapGet("", endpoints.GetAsync)
                .WithSummary($"Read the {type.Name()} configuration")
                .WithDescription("Secrets are shown as ten asterisks. The ETag is the revision of the type.");
            group.MapPut("", endpoints.PutAsync)
                .WithSummary($"Replace entries of the {type.Name()} configuration")
                .WithDescription("Entries, or top-level fields, that are given replace those of before; others stay as they are.")
                .TakesJson(ChangeBody, Json);
            if (type.IsNamed())
            {
                MapEntries(group, type, endpoints);
            }
            else
            {
                Map(group.MapPatch("", endpoints.PatchAsync), $"Merge into the {type.Name()} configuration");
            }

            if (type == ConfigType.Dataset)
            {
                Map(group.MapPatch("/{name}", endpoints.PatchBucketAsync), "Merge into a bucket");
                Map(group.MapDelete("/{name}", endpoints.DeleteBucketAsync), "Delete a bucket");
            }
        }
    }

    private static void MapEntries(RouteGroupBuilder group, ConfigType type, DocumentEndpoints endpoints)
    {
        group.MapGet("/{name}", endpoints.GetEntryAsync).WithSummary($"Read an entry of the {type.Name()} configuration");
        Map(group.MapPut("/{name}", endpoints.PutEntryAsync), $"Make or replace an entry of the {type.Name()} configuration");
        Map(group.MapDelete("/{name}", endpoints.DeleteEntryAsync), $"Delete an entry of the {type.Name()} configuration");
        if (type is ConfigType.Pool or ConfigType.BackendTest)
        {
            Map(group.MapPatch("/{name}", endpoints.PatchEntryAsync), $"Merge into an entry of the {type.Name()} configuration");
        }

        if (type == ConfigType.Pool)
        {
            Map(group.MapPut("/{name}/rename", endpoints.RenameAsync), "Rename a pool");
            group.MapGet("/{name}/platform", (HttpContext context, string name, Configurations configurations) =>
                endpoints.GetPlatformsAsync(context, name, configurations)).WithSummary("Read the platforms of a pool");
            group.MapGet("/{name}/platform/{platform}", endpoints.GetPlatformsAsync).WithSummary("Read a platform of a pool");
            Map(group.MapPut("/{name}/platform/{platform}", endpoints.PutPlatformAsync), "Make or replace a platform of a pool");
            Map(group.MapPut("/{name}/platform/{platform}/rename", endpoints.RenamePlatformAsync), "Rename a platform of a pool");
        }
    }

    private static void Map(RouteHandlerBuilder endpoint, string summary) => endpoint.WithSummary(summary).TakesJson(ChangeBody, Json);
}
