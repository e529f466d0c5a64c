using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Api;

/// <summary>Writes answers with the headers an API server sends.</summary>
internal static class Answer
{
    // kube-apiserver compresses only bodies from this size on, as small ones are not worth the CPU.
    public const int GzipBytesMin = 128 * 1024;

    public static Task JsonAsync(HttpContext context, JsonNode body, int statusCode = 200) =>
        BytesAsync(context, Json.ToUtf8(body), statusCode);

    public static Task StatusAsync(HttpContext context, StatusBody status)
    {
        if (status.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString();
        }

        return JsonAsync(context, status.ToJson(), status.Code);
    }

    public static async Task BytesAsync(HttpContext context, ReadOnlyMemory<byte> body, int statusCode)
    {
        var response = context.Response;
        response.StatusCode = statusCode;
        response.ContentType = "application/json";
        if (body.Length >= GzipBytesMin && AcceptsGzip(context.Request))
        {
            await using var gzip = BeginGzip(response);
            await gzip.WriteAsync(body, context.RequestAborted);
            return;
        }

        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(body, context.RequestAborted);
        }
    }

    public static bool AcceptsGzip(HttpRequest request) =>
        request.Headers.AcceptEncoding.Any(v => v is not null && v.Contains("gzip", StringComparison.OrdinalIgnoreCase));

    public static GZipStream BeginGzip(HttpResponse response)
    {
        response.Headers.ContentEncoding = "gzip";
        response.Headers.Vary = "Accept-Encoding";
        return new GZipStream(response.Body, CompressionLevel.Fastest);
    }
}
