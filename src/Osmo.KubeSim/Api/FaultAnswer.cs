using System.Text;
using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Faults;

namespace Osmo.KubeSim.Api;

/// <summary>Turns a <see cref="FaultResponse"/> into what goes over the wire.</summary>
internal static class FaultAnswer
{
    private static readonly byte[] TooMany = Encoding.UTF8.GetBytes("Too many requests, please try again later.\n");

    public static StatusBody StatusOf(FaultResponse fault) => fault.StatusCode switch
    {
        401 => Failures.Unauthorized().Status,
        403 => new StatusBody(403, "Forbidden", "nodes is forbidden") { Details = new() { ["kind"] = "nodes" } },
        404 => new StatusBody(404, "NotFound", "the server could not find the requested resource") { Details = [] },
        409 => new StatusBody(409, "Conflict",
            "the object has been modified; please apply your changes to the latest version and try again"),
        410 => new StatusBody(410, "Expired", "The resourceVersion for the provided list is too old."),
        422 => Failures.Unprocessable().Status,
        429 => new StatusBody(429, "TooManyRequests", "the server has received too many requests and has asked us to try again later")
        {
            Details = new() { ["retryAfterSeconds"] = fault.RetryAfterSeconds ?? 1 },
        },
        500 => new StatusBody(500, "InternalError", "Internal error occurred: simulated"),
        503 => new StatusBody(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => new StatusBody(504, "Timeout", "Timeout: request did not complete within requested timeout - context deadline exceeded")
        {
            Details = [],
        },
        var code => new StatusBody(code, null, $"simulated failure {code}"),
    };

    public static async Task WriteAsync(HttpContext context, FaultResponse fault)
    {
        if (fault.StatusCode == 0)
        {
            context.Abort();
            return;
        }

        if (fault.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString();
        }

        if (!fault.PlainText)
        {
            await Answer.StatusAsync(context, StatusOf(fault));
            return;
        }

        context.Response.StatusCode = fault.StatusCode;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var body = fault.StatusCode == 429 ? TooMany : Encoding.UTF8.GetBytes($"simulated failure {fault.StatusCode}\n");
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
