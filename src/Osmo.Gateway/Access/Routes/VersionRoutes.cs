using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Osmo.Gateway.Versions;

namespace Osmo.Gateway.Access.Routes;

/// <summary>Which version answers: clients ask before they log in.</summary>
internal static class VersionRoutes
{
    public static void MapVersionRoutes(this IEndpointRouteBuilder routes)
    {
        foreach (var path in new[] { "/api/version", "/client/version" })
        {
            routes.MapGet(path, (GatewayOptions options) => TypedResults.Ok(ServerVersion.Parse(options.Version)))
                .OpenToEverybody()
                .WithTags("Access")
                .WithSummary("The server's version");
        }
    }
}

/// <summary>A version as OSMO's clients read it.</summary>
internal sealed record ServerVersion(string Major, string Minor, string Revision, string Hash)
{
    public static ServerVersion Parse(string text)
    {
        _ = ReleaseVersion.TryParse(text, out var version);
        return new ServerVersion(
            $"{version.Major}", $"{version.Minor}", $"{version.Revision}", text.Split('+', 2) is [_, var hash] ? hash : "");
    }
}
