using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Osmo.Access.Users;
using Osmo.Domain.Errors;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Access.Routes;

/// <summary>Users and their roles, by the paths of OSMO's clients: some releases of them write <c>users</c>, others <c>user</c>.</summary>
internal static class UserRoutes
{
    private const string Json = "application/json";
    private const int CountMax = 1_000;
    private const int IdsMax = 1_000;

    public static void MapUserRoutes(this IEndpointRouteBuilder routes)
    {
        foreach (var root in new[] { "/api/auth/user", "/api/auth/users" })
        {
            var group = routes.MapGroup(root).WithTags("Users");
            group.MapGet("", ListAsync)
                .WithSummary("The users, by their ids")
                .WithDescription("?count= (100, at most 1000), ?start_index= (1 is the first), ?id_prefix=, ?roles=A&roles=B (any).");
            group.MapPost("", AddAsync).WithSummary("Enter a user").TakesJson("{\"id\": ID, \"roles\": [ROLE]}", Json);
            group.MapGet("/{user}", ShowAsync).WithSummary("A user with their roles");
            group.MapDelete("/{user}", RemoveAsync).WithSummary("Remove a user with their tokens and their profile");
            group.MapGet("/{user}/roles", ShowRolesAsync).WithSummary("The roles of a user");
            group.MapPost("/{user}/roles", AssignAsync).WithSummary("Assign a user a role").TakesJson("{\"role_name\": ROLE}", Json);
            group.MapDelete("/{user}/roles/{role}", UnassignAsync).WithSummary("Take a role from a user");
        }

        routes.MapGet("/api/auth/roles/{role}/users", ListOfRoleAsync).WithTags("Users").WithSummary("The users who have a role");
        routes.MapPost("/api/auth/roles/{role}/users", AssignManyAsync)
            .WithTags("Users")
            .WithSummary("Assign several users a role: all of them, or none where one does not exist")
            .TakesJson("{\"user_ids\": [ID]}", Json);
        routes.MapGet("/api/users", ListIdsAsync).WithTags("Users").WithSummary("The ids of all users");
    }

    private static async Task<Ok<UserPage>> ListAsync(
        HttpContext context,
        UserDesk desk,
        int count = 100,
        [FromQuery(Name = "start_index")] int start = 1,
        [FromQuery(Name = "id_prefix")] string prefix = "")
    {
        if (count is < 1 or > CountMax || start < 1)
        {
            throw OsmoException.InvalidFields([new FieldError("count", $"must be from 1 to {CountMax}, and start_index at least 1.")]);
        }

        string[] roles = [.. context.Request.Query["roles"].OfType<string>()];
        var records = await desk.ReadAsync(context.RequestAborted);
        StoredUser[] found =
        [
            .. records.Users.Where(user => user.Id.StartsWith(prefix, StringComparison.Ordinal)
                && (roles.Length == 0 || roles.Any(user.Has))),
        ];
        UserItem[] page = [.. found.Skip(start - 1).Take(count).Select(user => UserItem.Of(user, records))];
        return TypedResults.Ok(new UserPage(found.Length, start, page.Length, page));
    }

    private static async Task<Ok<string[]>> ListIdsAsync(UserDesk desk, CancellationToken cancellationToken) =>
        TypedResults.Ok<string[]>([.. (await desk.ReadAsync(cancellationToken)).Users.Select(user => user.Id)]);

    private static async Task<Ok<UserView>> AddAsync(HttpContext context, UserDesk desk)
    {
        using var body = await JsonBody.ReadObjectAsync(context.Request);
        var id = Text(body.RootElement, "id");
        var user = await desk.AddAsync(context, Me(context), id, Texts(body.RootElement, "roles"));
        return TypedResults.Ok(UserView.Of(user, await desk.ReadAsync(context.RequestAborted)));
    }

    private static async Task<Ok<UserView>> ShowAsync(HttpContext context, UserDesk desk, string user)
    {
        var (found, records) = await desk.ReadAsync(user, context.RequestAborted);
        return TypedResults.Ok(UserView.Of(found, records));
    }

    private static async Task RemoveAsync(HttpContext context, UserDesk desk, string user)
    {
        await desk.RemoveAsync(context, user);
        await AnswerNullAsync(context);
    }

    private static async Task<Ok<UserRoles>> ShowRolesAsync(HttpContext context, UserDesk desk, string user)
    {
        var (found, _) = await desk.ReadAsync(user, context.RequestAborted);
        return TypedResults.Ok(new UserRoles(found.Id, [.. found.Roles.Select(UserRole.Of)]));
    }

    private static async Task<Ok<UserRole>> AssignAsync(HttpContext context, UserDesk desk, string user)
    {
        using var body = await JsonBody.ReadObjectAsync(context.Request);
        var role = Text(body.RootElement, "role_name");
        await desk.AssignAsync(context, Me(context), [user], role);
        var (found, _) = await desk.ReadAsync(user, context.RequestAborted);
        return TypedResults.Ok(UserRole.Of(found.Roles.FirstOrDefault(assignment => assignment.Role == role)
            ?? throw new OsmoException(ErrorCode.NotFound, $"The role {role} was taken from user {user} again at the same moment.")));
    }

    private static async Task UnassignAsync(HttpContext context, UserDesk desk, string user, string role)
    {
        await desk.UnassignAsync(context, user, role);
        await AnswerNullAsync(context);
    }

    private static async Task<Ok<RoleUsers>> ListOfRoleAsync(HttpContext context, UserDesk desk, string role)
    {
        var users = (await desk.ReadAsync(context.RequestAborted)).Users;
        return TypedResults.Ok(new RoleUsers(
            role,
            [
                .. from user in users
                   from assignment in user.Roles
                   where assignment.Role == role
                   let view = UserRole.Of(assignment)
                   select new RoleUser(user.Id, view.AssignedBy, view.AssignedAt),
            ]));
    }

    private static async Task<Ok<RoleUsers>> AssignManyAsync(HttpContext context, UserDesk desk, string role)
    {
        using var body = await JsonBody.ReadObjectAsync(context.Request);
        var ids = Texts(body.RootElement, "user_ids");
        if (ids.Count is 0 or > IdsMax)
        {
            throw OsmoException.InvalidFields([new FieldError("user_ids", $"must be a list of 1 to {IdsMax} users.")]);
        }

        await desk.AssignAsync(context, Me(context), ids, role);
        return await ListOfRoleAsync(context, desk, role);
    }

    private static string Text(JsonElement body, string field) =>
        body.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw OsmoException.InvalidFields([new FieldError(field, "must be given, and be a text.")]);

    private static IReadOnlyList<string> Texts(JsonElement body, string field)
    {
        if (!body.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw OsmoException.InvalidFields([new FieldError(field, "must be a list of texts.")]);
    }

    /// <summary>OSMO's clients read the body of every answer.</summary>
    private static Task AnswerNullAsync(HttpContext context) =>
        context.Response.WriteAsJsonAsync<object?>(null, context.RequestAborted);

    private static Caller Me(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request passed without a caller.");
}
