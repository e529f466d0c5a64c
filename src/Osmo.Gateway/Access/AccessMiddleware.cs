using System.Net;
using System.Text;
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
    private const string StatusPath = "/status";
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
            // A browser, which shows the status page, knows how to ask for a password but not for a token.
            context.Response.Headers.WWWAuthenticate = context.Request.Path.StartsWithSegments(StatusPath) ? "Basic realm=osmo" : "Bearer";
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

        return Token(request.Headers.Authorization.ToString()) is { } token ? access.Recognize(token) : null;
    }

    /// <summary>The token of an Authorization header: a bearer's, or the password of any user.</summary>
    private static string? Token(string header)
    {
        const string Bearer = "Bearer ", Basic = "Basic ";
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return header[Bearer.Length..].Trim();
        }

        var decoded = new byte[header.Length];
        return header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            && Convert.TryFromBase64String(header[Basic.Length..].Trim(), decoded, out var length)
            && Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2) is [_, var password]
            ? password
            : null;
    }

    private static bool IsLocal(HttpRequest request) =>
        IsLoopbackName(request.Host.Host)
        && (request.Headers[HeaderNames.Origin].ToString() is not { Length: > 0 } origin
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && IsLoopbackName(uri.Host)));

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
