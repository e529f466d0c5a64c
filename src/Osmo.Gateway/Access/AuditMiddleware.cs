using Microsoft.AspNetCore.Http;

namespace Osmo.Gateway.Access;

/// <summary>Writes every request that changed something into the audit trail, where the change itself did not bring its line.</summary>
internal sealed class AuditMiddleware(RequestDelegate next, AuditQueue queue, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (!IsRead(context.Request.Method)
            && context.Response.StatusCode < StatusCodes.Status400BadRequest
            && context.Features.Get<Caller>() is not null
            && !RequestAudit.IsTaken(context))
        {
            queue.Add(RequestAudit.Take(context, time, context.Request.Method, AccessPath.Of(context)));
        }
    }

    private static bool IsRead(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsConnect(method);
}
