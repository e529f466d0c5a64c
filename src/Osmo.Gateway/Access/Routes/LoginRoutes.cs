using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Access.Recognition;
using Osmo.Access.Signing;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access.Oidc;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Access.Routes;

/// <summary>How people and programs log in.</summary>
internal static class LoginRoutes
{
    private const string TokenParameter = "access_token";

    public static void MapLoginRoutes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/auth/login", DescribeAsync)
            .OpenToEverybody()
            .WithTags("Access")
            .WithSummary("Where people log in")
            .WithDescription("The endpoints of the identity provider; null for each where none is configured: log in with a token then.");
        routes.MapGet("/api/auth/jwt/access_token", ExchangeQueryAsync)
            .OpenToEverybody()
            .WithTags("Access")
            .WithSummary("Exchange an access token for a log-in of five minutes, as clients up to 6.1 do")
            .WithDescription("?access_token=TOKEN. A secret in a URL ends up in logs of proxies: prefer the POST.");
        routes.MapPost("/api/auth/jwt/access_token", ExchangeBodyAsync)
            .OpenToEverybody()
            .WithTags("Access")
            .WithSummary("Exchange an access token for a log-in of five minutes")
            .TakesJson("{\"token\": TOKEN}", "application/json");
    }

    private static async Task<Ok<LoginEndpoints>> DescribeAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var provider = services.GetService(typeof(OidcProvider)) as OidcProvider;
        return TypedResults.Ok(provider is null ? LoginEndpoints.None : await provider.DescribeAsync(cancellationToken));
    }

    private static Task ExchangeQueryAsync(HttpContext context, Authenticator authenticator, FailedLogins failures, LoginTokens logins) =>
        ExchangeAsync(context, context.Request.Query[TokenParameter].ToString(), TokenParameter, authenticator, failures, logins);

    private static async Task ExchangeBodyAsync(
        HttpContext context, Authenticator authenticator, FailedLogins failures, LoginTokens logins)
    {
        using var body = await JsonBody.ReadObjectAsync(context.Request);
        var token = body.RootElement.TryGetProperty("token", out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : "";
        await ExchangeAsync(context, token, "token", authenticator, failures, logins);
    }

    private static async Task ExchangeAsync(
        HttpContext context, string token, string field, Authenticator authenticator, FailedLogins failures, LoginTokens logins)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (token.Length == 0)
        {
            throw OsmoException.InvalidFields([new FieldError(field, "must be the access token that is to be exchanged.")]);
        }

        var mayLookUp = failures.HasAny(context.Connection.RemoteIpAddress);
        var answer = await authenticator.RecognizeAsync(token, mayLookUp, context.RequestAborted);
        if (answer.Identity?.Principal is not { Kind: PrincipalKind.AccessToken or PrincipalKind.File } principal)
        {
            var reason = answer.Refusal == AccessLimits.Expired ? AccessLimits.Expired : "Access Token is invalid";
            await AccessMiddleware.RefuseAsync(context, failures, StatusCodes.Status400BadRequest, reason);
            return;
        }

        var (login, end) = await logins.IssueAsync(principal, context.RequestAborted);
        await context.Response.WriteAsJsonAsync(new ExchangedLogin(login, end.ToUnixTimeSeconds(), null), context.RequestAborted);
    }
}

/// <summary>A log-in for a token.</summary>
/// <param name="Token">The log-in (JWT).</param>
/// <param name="ExpiresAt">When it ends, in seconds since 1970-01-01 UTC.</param>
/// <param name="Error">Always null; OSMO's clients know the field.</param>
internal sealed record ExchangedLogin(string Token, long ExpiresAt, string? Error);

/// <summary>Where people log in; null where there is no identity provider.</summary>
/// <param name="DeviceEndpoint">Begins a log-in of the device flow.</param>
/// <param name="DeviceClientId">The client for it.</param>
/// <param name="BrowserEndpoint">Begins a log-in in a browser.</param>
/// <param name="BrowserClientId">The client for it.</param>
/// <param name="TokenEndpoint">Where log-ins are fetched and renewed.</param>
/// <param name="LogoutEndpoint">Ends the provider's session.</param>
internal sealed record LoginEndpoints(
    string? DeviceEndpoint,
    string? DeviceClientId,
    string? BrowserEndpoint,
    string? BrowserClientId,
    string? TokenEndpoint,
    string? LogoutEndpoint)
{
    public static LoginEndpoints None { get; } = new(null, null, null, null, null, null);
}
