using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Http;

/// <summary>
/// Every error as problem details (RFC 9457). Beside the standard members stand <c>code</c>, <c>errors</c> with the fields at
/// fault, and <c>message</c> and <c>error_code</c>, which OSMO's own clients look for (the latter where the caller is at fault).
/// </summary>
internal sealed class ProblemWriter(ILogger<ProblemWriter> logger) : IExceptionHandler
{
    private const string ContentType = "application/problem+json";

    private const string RetryAfterSeconds = "1";

    /// <summary>Nobody reads a problem as HTML, and people read it as it is: quotes stay quotes.</summary>
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerOptions.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case OsmoException failure:
                await WriteAsync(context, StatusOf(failure.Code), NameOf(failure.Code), failure.Message, [.. failure.Fields]);
                return true;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                await BodyLimit.RefuseAsync(context);
                return true;
            case BadHttpRequestException bad:
                await WriteAsync(context, bad.StatusCode, "BadRequest", bad.Message);
                return true;
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                return true;
            default:
                GatewayLog.RequestFailed(
                    logger, context.Request.Method, context.Request.Path.Value ?? "", context.TraceIdentifier, exception);
                await WriteAsync(
                    context,
                    StatusCodes.Status500InternalServerError,
                    "Internal",
                    "The gateway met an internal error. Report it with the trace id; the log has the details.");
                return true;
        }
    }

    /// <summary>Writes a problem as the answer.</summary>
    public static Task WriteAsync(HttpContext context, int status, string code, string detail, params FieldError[] fields)
    {
        var problem = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status),
            ["status"] = status,
            ["detail"] = detail,
            ["instance"] = context.Request.Path.Value,
            ["code"] = code,
            ["traceId"] = context.TraceIdentifier,
            ["message"] = detail,
            ["workflow_id"] = null,
        };
        if (status < StatusCodes.Status500InternalServerError)
        {
            problem["error_code"] = "USER";
        }

        if (fields.Length > 0)
        {
            problem["errors"] = JsonSerializer.SerializeToNode(fields, JsonSerializerOptions.Web);
        }

        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = ContentType;
        return context.Response.WriteAsync(problem.ToJsonString(Readable), context.RequestAborted);
    }

    /// <summary>That a backend moves is the cluster's affair; to a client it is not available at the moment.</summary>
    private static string NameOf(ErrorCode code) => (code == ErrorCode.Moved ? ErrorCode.Unavailable : code).ToString();

    private static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => StatusCodes.Status422UnprocessableEntity,
        ErrorCode.NotFound => StatusCodes.Status404NotFound,
        ErrorCode.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        _ => StatusCodes.Status503ServiceUnavailable,
    };
}
