using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Osmo.Gateway.Http;

/// <summary>What OSMO's clients may ask for and this service is not there for: they are told so, and not that a path is wrong.</summary>
internal static class AbsentServices
{
    private const string Code = "NotServed";

    private static readonly (string What, string[] Paths)[] Absent =
    [
        ("workflows", ["/api/workflow", "/api/task", "/api/app", "/api/tag", "/api/plugins", "/api/router"]),
        ("buckets and data sets", ["/api/bucket"]),
        ("credentials of users", ["/api/credentials"]),
        ("log-ins of workflows", ["/api/auth/refresh_token", "/api/auth/jwt/refresh_token"]),
    ];

    private static readonly string[] Methods =
        [HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete];

    public static void MapAbsentServices(this IEndpointRouteBuilder routes)
    {
        foreach (var (what, paths) in Absent)
        {
            foreach (var path in paths)
            {
                // Roles go by the path of the endpoint, which is the whole of it.
                routes.MapMethods($"{path}/{{*rest}}", Methods, context => RefuseAsync(context, what)).ExcludeFromDescription();
            }
        }
    }

    private static Task RefuseAsync(HttpContext context, string what) => ProblemWriter.WriteAsync(
        context,
        StatusCodes.Status404NotFound,
        Code,
        $"This service has no {what}. It knows backends, their nodes, pools, configurations, users and tokens; send this to the OSMO "
        + "service that runs your workflows.");
}
