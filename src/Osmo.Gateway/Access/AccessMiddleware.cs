using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Osmo.Access.Recognition;
using Osmo.Access.Roles;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Access;

/// <summary>
/// Lets nobody in whom it does not recognize and whose roles do not allow the request. Only endpoints that say so are open.
/// </summary>
internal sealed class AccessMiddleware(
    RequestDelegate next,
    GatewayOptions options,
    Authenticator authenticator,
    FailedLogins failures,
    OpenConnections connections,
    LastUses uses)
{
    private const string UserHeader = "x-osmo-user";
    private const string RetryAfterSeconds = "2";

    public Task InvokeAsync(HttpContext context)
    {
        if (options.DeveloperMode && !IsLocal(context.Request))
        {
            return ProblemWriter.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Forbidden",
                "In development mode only requests to localhost from this machine are served. Start Osmo with tokens to serve others.");
        }

        return context.GetEndpoint()?.Metadata.GetMetadata<OpenEndpoint>() is null ? GuardAsync(context) : next(context);
    }

    /// <summary>Refuses a wrong credential, more briefly where an address sends many.</summary>
    internal static Task RefuseAsync(HttpContext context, FailedLogins failures, int status, string reason)
    {
        if (failures.TryTake(context.Connection.RemoteIpAddress))
        {
            return ProblemWriter.WriteAsync(context, status, ReasonOf(status), reason);
        }

        return RefuseTooManyAsync(context, "This address has sent too many wrong tokens. Wait, then send a valid one.");
    }

    private static string ReasonOf(int status) => status == StatusCodes.Status401Unauthorized ? "Unauthorized" : "BadRequest";

    private static Task RefuseTooManyAsync(HttpContext context, string reason)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return ProblemWriter.WriteAsync(context, StatusCodes.Status429TooManyRequests, "TooManyRequests", reason);
    }

    private async Task GuardAsync(HttpContext context)
    {
        var takesPassword = context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is not null;
        var credential = Credential.Find(context.Request, takesPassword);
        if (credential is null && options.DeveloperMode)
        {
            var name = context.Request.Headers[UserHeader].ToString();
            context.Features.Set(new Caller(name.Length is > 0 and <= Limits.UsernameCharsMax ? name : "admin", null));
            await next(context);
            return;
        }

        if (await RecognizeAsync(context, credential, takesPassword) is not { } identity)
        {
            return;
        }

        if (!identity.Budget.TryTake())
        {
            await RefuseTooManyAsync(
                context, $"The token of {identity.Principal.Name} has made too many requests. Make fewer than "
                + $"{options.Limits.RequestsPerSecond:0} per second.");
            return;
        }

        if (!Allows(context, identity))
        {
            await ProblemWriter.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Forbidden",
                $"The roles of {identity.Principal.Name} do not allow {context.Request.Method} {AccessPath.Of(context)}. "
                + "Use a token with the right role, or ask an administrator.");
            return;
        }

        if (identity.Principal.TokenId is { } token && identity.Principal.Kind != PrincipalKind.File)
        {
            uses.Note(token);
        }

        var caller = new Caller(identity.Principal.Name, identity);
        context.Features.Set(caller);
        using var lasting = context.GetEndpoint()?.Metadata.GetMetadata<LastingEndpoint>() is null
            ? null
            : connections.Track(caller, now => Allows(context, now), context.Abort);
        await next(context);
    }

    /// <summary>Who sent the request; null where it was refused and answered.</summary>
    private async Task<Identity?> RecognizeAsync(HttpContext context, string? credential, bool takesPassword)
    {
        string reason;
        if (credential is null)
        {
            reason = "Send a valid token as \"Authorization: Bearer TOKEN\".";
        }
        else
        {
            var mayLookUp = failures.HasAny(context.Connection.RemoteIpAddress);
            var answer = await authenticator.RecognizeAsync(credential, mayLookUp, context.RequestAborted);
            if (answer.Identity is { } identity)
            {
                return identity;
            }

            reason = answer.Refusal!;
        }

        context.Response.Headers.WWWAuthenticate = takesPassword ? "Basic realm=osmo" : "Bearer";
        await (credential is null
            ? ProblemWriter.WriteAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized", reason)
            : RefuseAsync(context, failures, StatusCodes.Status401Unauthorized, reason));
        return null;
    }

    private static bool Allows(HttpContext context, Identity identity)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        var method = metadata?.GetMetadata<WebSocketEndpoint>() is null ? context.Request.Method : RoleAction.WebSocket;
        return identity.Allows(method, AccessPath.Of(context))
            || (metadata?.GetMetadata<OtherPaths>() is { } others
                && others.Templates.Any(template => identity.Allows(method, AccessPath.Fill(template, context))));
    }

    private static bool IsLocal(HttpRequest request) =>
        IsLoopbackName(request.Host.Host)
        && (request.Headers[HeaderNames.Origin].ToString() is not { Length: > 0 } origin
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && IsLoopbackName(uri.Host)));

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
