using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Osmo.Gateway.Configs;

/// <summary>Writes configurations. What answers nothing answers <c>null</c>: OSMO's clients read every success as JSON.</summary>
internal static class ConfigJson
{
    /// <summary>People read configurations as they are: quotes stay quotes.</summary>
    public static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext context, JsonNode? json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json?.ToJsonString(Readable) ?? "null", context.RequestAborted);
    }
}
