using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Osmo.Grains.Errors;

namespace Osmo.Gateway.Http;

/// <summary>Reads JSON bodies strictly: a duplicate field or a trailing comma is an error, not a guess.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = Limits.JsonDepthMax, AllowDuplicateProperties = false };

    /// <summary>The body as a JSON document.</summary>
    /// <exception cref="BadHttpRequestException">The body is no JSON document, or too large.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpRequest request)
    {
        try
        {
            return await JsonDocument.ParseAsync(request.Body, Strict, request.HttpContext.RequestAborted);
        }
        catch (JsonException failure)
        {
            throw new BadHttpRequestException(
                $"The body is not the JSON that was expected: {failure.Message} "
                + "Send one JSON object, encoded as UTF-8, with each field once.");
        }
    }

    /// <summary>The body as a JSON object.</summary>
    /// <exception cref="OsmoException">The body is JSON but no object.</exception>
    public static async Task<JsonDocument> ReadObjectAsync(HttpRequest request)
    {
        var document = await ReadAsync(request);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new OsmoException(ErrorCode.Invalid, "The body must be a JSON object.");
    }
}
