using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Osmo.Domain.Errors;

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
            var document = await JsonDocument.ParseAsync(request.Body, Strict, request.HttpContext.RequestAborted);
            CheckStrings(document.RootElement);
            return document;
        }
        catch (InvalidOperationException)
        {
            throw new BadHttpRequestException("The body holds a string that is not valid Unicode. Encode the JSON as UTF-8.");
        }
        catch (JsonException failure)
        {
            throw new BadHttpRequestException(
                $"The body is not the JSON that was expected: {failure.Message} "
                + "Send one JSON object, encoded as UTF-8, with each field once.");
        }
    }

    /// <summary>The parser takes any bytes in a string and complains only when it is read: which must not be in a grain's turn.</summary>
    /// <exception cref="InvalidOperationException">A name or a string is not valid UTF-8, or holds half of a surrogate pair.</exception>
    private static void CheckStrings(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            _ = value.GetString();
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                CheckStrings(item);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in value.EnumerateObject())
            {
                _ = field.Name;
                CheckStrings(field.Value);
            }
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
