using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;
using Osmo.KubeSim.Writes;

namespace Osmo.KubeSim.Api;

/// <summary>get, create, update, patch and delete of single nodes.</summary>
internal sealed class NodeHandler(SimulatedCluster cluster, ListHandler lists)
{
    public async Task GetAsync(HttpContext context, string name)
    {
        var version = context.Request.Query["resourceVersion"].ToString();
        if (version.Length > 0)
        {
            await lists.WaitForVersionAsync(
                ulong.TryParse(version, out var wanted) ? wanted : throw Failures.ListVersionUnreadable(version), context.RequestAborted);
        }

        await NodeAsync(context, cluster.TryGet(name) ?? throw Failures.NotFound("nodes", name), 200);
    }

    public async Task CreateAsync(HttpContext context)
    {
        var result = cluster.Writer.Create(await ObjectAsync(context.Request), Options(context.Request, null));
        await WrittenAsync(context, result, 201);
    }

    public async Task UpdateAsync(HttpContext context, string name, string? subresource)
    {
        var result = cluster.Writer.Update(name, await ObjectAsync(context.Request), Options(context.Request, subresource));
        await WrittenAsync(context, result, 200);
    }

    public async Task PatchAsync(HttpContext context, string name, string? subresource)
    {
        var kind = KindOf(context.Request.ContentType);
        var body = await BodyAsync(context.Request);
        var options = Options(context.Request, subresource);
        var result = cluster.Writer.Patch(name, kind, body.Span, options);
        if (!options.DryRun)
        {
            cluster.OnPatched(new PatchRecord(name, body, cluster.Time.GetUtcNow(), result.Node));
        }

        await WrittenAsync(context, result, 200);
    }

    public async Task DeleteAsync(HttpContext context, string name)
    {
        var body = await BodyAsync(context.Request);
        var options = body.Length == 0 ? null : ParseObject(body.Span);
        var preconditions = options?["preconditions"] as JsonObject;
        var dryRun = Options(context.Request, null).DryRun || options?["dryRun"] is JsonArray { Count: > 0 };
        var (node, gone) = cluster.Writer.Delete(name, preconditions.Text("uid"), preconditions.Text("resourceVersion"), dryRun);
        if (!gone)
        {
            await NodeAsync(context, node, 200);
            return;
        }

        await Answer.JsonAsync(context, new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = new JsonObject { ["name"] = name, ["kind"] = "nodes", ["uid"] = node.Uid },
        });
    }

    private Task WrittenAsync(HttpContext context, WriteResult result, int statusCode)
    {
        if (result.UnknownFields.Count > 0)
        {
            context.Response.Headers.Warning = result.UnknownFields.Select(f => $"299 - \"unknown field \\\"{f}\\\"\"").ToArray();
        }

        return NodeAsync(context, result.Node, statusCode);
    }

    private Task NodeAsync(HttpContext context, SimulatedNode node, int statusCode)
    {
        var representation = Representation.Of(context.Request);
        if (representation == Representation.Table)
        {
            return Answer.JsonAsync(context, NodeTable.Event(node, node.Version, cluster.Time.GetUtcNow()), statusCode);
        }

        var form = representation == Representation.Metadata ? ObjectForm.MetadataOnly : ObjectForm.Full;
        var buffer = new byte[node.LengthMax(form)];
        var length = node.Write(buffer, form, node.Version);
        return Answer.BytesAsync(context, buffer.AsMemory(0, length), statusCode);
    }

    private static PatchKind KindOf(string? contentType) => contentType?.Split(';')[0].Trim() switch
    {
        "application/merge-patch+json" => PatchKind.Merge,
        "application/strategic-merge-patch+json" => PatchKind.StrategicMerge,
        "application/json-patch+json" => PatchKind.Json,
        "application/apply-patch+yaml" => throw Failures.UnsupportedMediaType(
            "415: server-side apply is not simulated: send a merge, strategic merge or JSON patch"),
        _ => throw Failures.UnsupportedMediaType(),
    };

    private static WriteOptions Options(HttpRequest request, string? subresource)
    {
        var dryRun = request.Query["dryRun"].ToString();
        if (dryRun is not ("" or "All"))
        {
            throw Failures.BadRequest($"dryRun: Unsupported value: \"{dryRun}\": supported values: \"All\"");
        }

        return new WriteOptions(subresource == "status", dryRun == "All", request.Query["fieldValidation"].ToString() switch
        {
            "" or "Warn" => FieldValidation.Warn,
            "Strict" => FieldValidation.Strict,
            "Ignore" => FieldValidation.Ignore,
            var other => throw Failures.BadRequest(
                $"fieldValidation: Unsupported value: \"{other}\": supported values: \"Ignore\", \"Strict\", \"Warn\""),
        });
    }

    private static async Task<JsonObject> ObjectAsync(HttpRequest request)
    {
        if (request.ContentType?.Split(';')[0].Trim() is not (null or "application/json"))
        {
            throw Failures.UnsupportedMediaType();
        }

        return ParseObject((await BodyAsync(request)).Span);
    }

    private static JsonObject ParseObject(ReadOnlySpan<byte> body)
    {
        try
        {
            return Json.Parse(body) as JsonObject
                ?? throw Failures.BadRequest("the object provided is unrecognized: a JSON object is needed");
        }
        catch (JsonException e)
        {
            throw Failures.BadRequest("the object provided is unrecognized: couldn't get version/kind; json parse error: " + e.Message);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
