using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Access.Recognition;
using Osmo.Access.Tokens;

namespace Osmo.Gateway.Access.Routes;

/// <summary>
/// Access tokens, by the paths of OSMO's clients up to 6.1 (service tokens and one's own) and of later ones (one's own, and other
/// users').
/// </summary>
internal static class TokenRoutes
{
    private const string Root = "/api/auth/access_token";
    private const string OwnTemplate = $"{Root}/user/{{name}}";

    public static void MapTokenRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/auth").WithTags("Access tokens");
        group.MapGet("/access_token", ShowOrListAsync)
            .WithSummary("The token of ?access_token=, or the caller's own tokens");
        group.MapGet("/access_token/service", (HttpContext context, TokenDesk desk) =>
                ListAsync(context, desk, AccessTokenKind.Service, user: null))
            .WithSummary("All service tokens");
        group.MapPost("/access_token/service/{name}", CreateServiceAsync)
            .WithSummary("Make a service token; its text is the answer, and is never shown again")
            .WithDescription("?expires_at=YYYY-MM-DD&roles=A&roles=B&description=");
        group.MapDelete("/access_token/service/{name}", (HttpContext context, TokenDesk desk, string name) =>
                DeleteAsync(context, desk, AccessTokenKind.Service, name, name))
            .WithSummary("Delete a service token");
        group.MapGet("/access_token/user", (HttpContext context, TokenDesk desk) =>
                ListAsync(context, desk, AccessTokenKind.User, Me(context).Name))
            .WithSummary("The caller's own tokens");
        group.MapPost("/access_token/user/{name}", (HttpContext context, TokenDesk desk, string name) =>
                CreateAsync(context, desk, AccessTokenKind.User, Me(context).Name, name, TokenDesk.UserRoles(Me(context))))
            .WithSummary("Make a token for oneself, with the roles of users")
            .WithDescription("?expires_at=YYYY-MM-DD&description=");
        group.MapDelete("/access_token/user/{name}", DeleteOwnAsync).WithSummary("Delete one of one's own tokens");
        group.MapPost("/access_token/{name}", (HttpContext context, TokenDesk desk, string name) =>
                CreateAsync(context, desk, AccessTokenKind.User, Me(context).Name, name, TokenDesk.OwnRoles(Me(context))))
            .AlsoAllowedBy(OwnTemplate)
            .WithSummary("Make a token for oneself, with one's own roles or those of ?roles=");
        group.MapDelete("/access_token/{name}", DeleteOwnAsync)
            .AlsoAllowedBy(OwnTemplate)
            .WithSummary("Delete one of one's own tokens");
        group.MapGet("/access_token/{name}/roles", RolesAsync)
            .AlsoAllowedBy(OwnTemplate)
            .WithSummary("The roles of one of one's own tokens");
        group.MapGet("/user/{user}/access_token", (HttpContext context, TokenDesk desk, string user) =>
                ListAsync(context, desk, AccessTokenKind.User, user))
            .WithSummary("A user's tokens");
        group.MapPost("/user/{user}/access_token/{name}", (HttpContext context, TokenDesk desk, string user, string name) =>
                CreateAsync(context, desk, AccessTokenKind.User, user, name, TokenDesk.UserRoles(Me(context))))
            .WithSummary("Make a token for a user");
        group.MapDelete("/user/{user}/access_token/{name}", (HttpContext context, TokenDesk desk, string user, string name) =>
                DeleteAsync(context, desk, AccessTokenKind.User, user, name))
            .WithSummary("Delete a user's token");
    }

    private static async Task<IResult> ShowOrListAsync(
        HttpContext context, TokenDesk desk, Authenticator authenticator, FailedLogins failures)
    {
        if (context.Request.Query["access_token"].ToString() is not { Length: > 0 } text)
        {
            return await ListAsync(context, desk, AccessTokenKind.User, Me(context).Name);
        }

        var mayLookUp = failures.HasAny(context.Connection.RemoteIpAddress);
        var answer = await authenticator.RecognizeAsync(text, mayLookUp, context.RequestAborted);
        if (answer.Identity?.Principal is { Kind: PrincipalKind.AccessToken, TokenId: { } id } && desk.Find(id) is { } token)
        {
            return TypedResults.Ok(TokenItem.Of(token));
        }

        failures.TryTake(context.Connection.RemoteIpAddress);
        throw new BadHttpRequestException("Access Token is invalid");
    }

    private static async Task<Ok<TokenItem[]>> ListAsync(HttpContext context, TokenDesk desk, AccessTokenKind kind, string? user) =>
        TypedResults.Ok<TokenItem[]>([.. (await desk.ListAsync(kind, user, context.RequestAborted)).Select(TokenItem.Of)]);

    private static Task<Ok<string>> CreateServiceAsync(HttpContext context, TokenDesk desk, string name) =>
        CreateAsync(context, desk, AccessTokenKind.Service, name, name, []);

    private static async Task<Ok<string>> CreateAsync(
        HttpContext context, TokenDesk desk, AccessTokenKind kind, string user, string name, IReadOnlyList<string> usualRoles)
    {
        var query = context.Request.Query;
        string[] asked = [.. query["roles"].OfType<string>()];
        var wish = new TokenWish(
            kind, user, name, query["expires_at"], query["description"].ToString(), asked, usualRoles);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(await desk.CreateAsync(context, Me(context), wish));
    }

    private static Task DeleteOwnAsync(HttpContext context, TokenDesk desk, string name) =>
        DeleteAsync(context, desk, AccessTokenKind.User, Me(context).Name, name);

    private static async Task DeleteAsync(HttpContext context, TokenDesk desk, AccessTokenKind kind, string user, string name)
    {
        await desk.DeleteAsync(context, kind, user, name);

        // OSMO's clients read the body of every answer.
        await context.Response.WriteAsJsonAsync<object?>(null, context.RequestAborted);
    }

    private static async Task<Ok<TokenRoles>> RolesAsync(HttpContext context, TokenDesk desk, string name)
    {
        var own = await desk.ListAsync(AccessTokenKind.User, Me(context).Name, context.RequestAborted);
        return own.FirstOrDefault(token => token.Name == name) is { } token
            ? TypedResults.Ok(TokenRoles.Of(token))
            : throw TokenDesk.Missing(AccessTokenKind.User, name);
    }

    private static Caller Me(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request passed without a caller.");
}
