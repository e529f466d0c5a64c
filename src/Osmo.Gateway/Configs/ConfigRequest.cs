using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Osmo.Configs;
using Osmo.Configs.Secrets;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access;
using Osmo.Gateway.Http;
using Osmo.Grains.Backends;

namespace Osmo.Gateway.Configs;

/// <summary>A request that changes a configuration: who, why, and its body.</summary>
/// <param name="Audit">Who and why, with the request's name.</param>
/// <param name="Body">The body; an empty object where there is none.</param>
/// <param name="ExpectedRevision">The revision that <c>If-Match</c> names; null where it does not matter.</param>
internal sealed record ConfigRequest(Audit Audit, JsonObject Body, long? ExpectedRevision)
{
    /// <summary>The fields that clients put what they change in: which one depends on the type and on the method.</summary>
    private static readonly string[] PayloadFields = ["configs", "configs_dict"];

    /// <summary>Reads a request.</summary>
    /// <exception cref="OsmoException">The description or the tags are not usable.</exception>
    public static async Task<ConfigRequest> ReadAsync(HttpContext context)
    {
        var caller = context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request passed without a caller.");
        var hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true && context.Request.ContentLength != 0;
        using var body = hasBody ? await JsonBody.ReadObjectAsync(context.Request) : JsonDocument.Parse("{}");
        var audit = ChangeEnvelope.ReadAudit(body.RootElement, caller) with
        {
            Request = RequestIds.Read(context.Request, caller.Name, hasBody ? body.RootElement.GetRawText() : ""),
        };
        return new ConfigRequest(audit, JsonObject.Create(body.RootElement.Clone())!, EntityTags.IfMatch(context.Request));
    }

    /// <summary>What is to be changed.</summary>
    /// <exception cref="OsmoException">The body does not have it.</exception>
    public JsonNode? Payload()
    {
        foreach (var field in PayloadFields)
        {
            if (Body.TryGetPropertyValue(field, out var payload))
            {
                return payload;
            }
        }

        throw OsmoException.InvalidFields(
            [new FieldError("configs", "is missing. Send {\"configs\": ..., \"description\": \"...\", \"tags\": [...]}.")]);
    }

    /// <summary>What is to be changed, as an object without secrets that only the store may hold.</summary>
    /// <exception cref="OsmoException">It is none.</exception>
    public JsonObject PayloadObject(ConfigType type)
    {
        var payload = Payload() as JsonObject
            ?? throw OsmoException.InvalidFields([new FieldError("configs", "must be an object.")]);
        ConfigSecrets.CheckInput(type, payload);
        return payload;
    }

    /// <summary>A text of the body.</summary>
    /// <exception cref="OsmoException">It is missing or no text.</exception>
    public string Text(string field) =>
        (Body[field] as JsonValue)?.TryGetValue(out string? text) == true && text.Length > 0
            ? text
            : throw OsmoException.InvalidFields([new FieldError(field, "must be a text.")]);

    /// <summary>A list of texts of the body; null where it is missing.</summary>
    /// <exception cref="OsmoException">It is something else, or empty.</exception>
    public string[]? Texts(string field, int itemsMax, int charsMax)
    {
        if (Body[field] is not { } node)
        {
            return null;
        }

        return node is JsonArray { Count: > 0 } list && list.Count <= itemsMax
            && list.All(item => (item as JsonValue)?.TryGetValue(out string? text) == true && text.Length > 0 && text.Length <= charsMax)
            ? [.. list.Select(item => item!.GetValue<string>())]
            : throw OsmoException.InvalidFields(
                [new FieldError(field, $"must be a list of 1 to {itemsMax} texts of 1 to {charsMax} characters.")]);
    }
}
