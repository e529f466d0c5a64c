using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Access;

/// <summary>
/// Lets nobody in whom it does not recognize. Health probes and the API description are open; everything else needs a caller,
/// and the agent channel one that may speak as an agent.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, GatewayAccess access)
{
    private const string AgentPrefix = "/api/agent";
    private const string UserHeader = "x-osmo-user";

    private static readonly string[] OpenPaths = ["/healthz", "/readyz", "/openapi/v1.json"];

    public async Task InvokeAsync(HttpContext context)
    {
        if (access.DeveloperMode && !IsLocal(context.Request))
        {
            await ProblemWriter.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Forbidden",
                "In development mode only requests to localhost from this machine are served. Start Osmo with tokens to serve others.");
            return;
        }

        if (OpenPaths.Contains(context.Request.Path.Value))
        {
            await next(context);
            return;
        }

        if (Recognize(context.Request) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await ProblemWriter.WriteAsync(
                context, StatusCodes.Status401Unauthorized, "Unauthorized", "Send a valid token as \"Authorization: Bearer TOKEN\".");
            return;
        }

        var asAgent = context.Request.Path.StartsWithSegments(AgentPrefix);
        if (caller.Role != AccessRole.Developer && asAgent != (caller.Role == AccessRole.Agent))
        {
            await ProblemWriter.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Forbidden",
                $"The token of {caller.Name} does not allow this. Use one with the right role.");
            return;
        }

        context.Features.Set(caller);
        await next(context);
    }

    private Caller? Recognize(HttpRequest request)
    {
        if (access.DeveloperMode)
        {
            var name = request.Headers[UserHeader].ToString();
            return new Caller(name.Length is > 0 and <= Limits.UsernameCharsMax ? name : "admin", AccessRole.Developer);
        }

        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? access.Recognize(header[Scheme.Length..].Trim()) : null;
    }

    private static bool IsLocal(HttpRequest request) =>
        IsLoopbackName(request.Host.Host)
        && (request.Headers[HeaderNames.Origin].ToString() is not { Length: > 0 } origin
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && IsLoopbackName(uri.Host)));

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
