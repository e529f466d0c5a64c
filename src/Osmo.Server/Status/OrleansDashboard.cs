using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;
using Osmo.Gateway.Access;

namespace Osmo.Server.Status;

/// <summary>
/// Orleans' own dashboard: silos, grains and their calls, for those who know Orleans. No role but the administrator's allows its path.
/// </summary>
internal static class OrleansDashboard
{
    /// <summary>Where it is.</summary>
    public const string Path = "/orleans";

    public static void MapDashboard(this IEndpointRouteBuilder routes) =>
        routes.MapOrleansDashboard(Path).AsPage().ExcludeFromDescription();
}
