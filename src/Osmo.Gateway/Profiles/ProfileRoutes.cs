using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Osmo.Access.Profiles;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access;
using Osmo.Gateway.Http;
using Osmo.Gateway.Pools;

namespace Osmo.Gateway.Profiles;

/// <summary>A user's own settings, as OSMO's clients know them.</summary>
internal static class ProfileRoutes
{
    private const string Path = "/api/profile/settings";
    private const int NameCharsMax = 256;

    public static void MapProfileRoutes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, ReadAsync)
            .WithTags("Profile")
            .WithSummary("The caller's settings, roles and token, and the pools that there are");
        routes.MapPost(Path, ChangeAsync)
            .WithTags("Profile")
            .WithSummary("Change the caller's settings")
            .WithDescription("Any of pool, bucket, email_notification and slack_notification; the others stay as they are. Answers null.")
            .TakesJson("The settings to change.", "application/json");
    }

    private static async Task<Ok<ProfileView>> ReadAsync(HttpContext context, IProfileStore profiles, PoolFleet fleet)
    {
        var caller = context.Features.Get<Caller>()!;
        var profile = await profiles.ReadAsync(caller.Name, context.RequestAborted);
        var pools = (await fleet.ReadPoolsAsync(context.RequestAborted)).Pools;
        var token = caller.Identity?.Principal is { TokenName: { } name } principal
            ? new ProfileToken(name, principal.ExpiresAt is { } end ? NaiveUtc.Format(end) : null)
            : null;
        return TypedResults.Ok(new ProfileView(
            new ProfileSettings(caller.Name, profile.EmailNotification, profile.SlackNotification, profile.Bucket, profile.Pool),
            caller.Roles,
            [.. pools.Select(pool => pool.Name)],
            token));
    }

    private static async Task ChangeAsync(HttpContext context, IProfileStore profiles, PoolFleet fleet)
    {
        using var body = await JsonBody.ReadAsync(context.Request);
        var change = Parse(body.RootElement);
        if (change.Pool is { } pool
            && (await fleet.ReadPoolsAsync(context.RequestAborted)).Pools.All(known => known.Name != pool))
        {
            throw OsmoException.InvalidFields([new FieldError("pool", $"Pool {pool} not found.")]);
        }

        await profiles.ChangeAsync(context.Features.Get<Caller>()!.Name, change, context.RequestAborted);
        await context.Response.WriteAsJsonAsync<object?>(null, context.RequestAborted);
    }

    private static ProfileChange Parse(JsonElement body)
    {
        ProfileChange change;
        try
        {
            change = body.Deserialize<ProfileChange>(GatewayJson.Options) ?? new ProfileChange(null, null, null, null);
        }
        catch (JsonException wrong)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"The settings cannot be read at {wrong.Path}. Send an object with any of pool and bucket, which are texts, and "
                + "email_notification and slack_notification, which are true or false.");
        }

        return (change.Pool?.Length ?? 0) <= NameCharsMax && (change.Bucket?.Length ?? 0) <= NameCharsMax
            ? change
            : throw new OsmoException(ErrorCode.Invalid, $"A pool or a bucket has a name of at most {NameCharsMax} characters.");
    }
}

/// <summary>A user with what they have set and what they may use.</summary>
internal sealed record ProfileView(
    ProfileSettings Profile, IReadOnlyList<string> Roles, IReadOnlyList<string> Pools, ProfileToken? Token);

/// <summary>What a user has set.</summary>
internal sealed record ProfileSettings(string Username, bool EmailNotification, bool SlackNotification, string? Bucket, string? Pool);

/// <summary>The token that the caller uses.</summary>
internal sealed record ProfileToken(string Name, string? ExpiresAt);
