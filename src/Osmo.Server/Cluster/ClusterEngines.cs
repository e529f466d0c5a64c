using Microsoft.AspNetCore.Builder;
using Osmo.Cluster.Membership;
using Osmo.Grains.Errors;
using Osmo.Server.Hosting;

namespace Osmo.Server.Cluster;

/// <summary>The engines of this build.</summary>
internal static class ClusterEngines
{
    /// <summary>Adds the engine that the settings name.</summary>
    /// <exception cref="OsmoException">There is none of this name here, or it cannot be used; the message says what to do.</exception>
    public static Task AddAsync(
        ClusterComposition cluster, WebApplicationBuilder builder, ServerDescription description, CancellationToken cancellationToken)
    {
        switch (cluster.Settings.Engine)
        {
            case ClusterEngine.Postgresql:
                PostgresqlEngine.Add(cluster, builder, description);
                return Task.CompletedTask;
#if OSMO_ORLEANS
            case ClusterEngine.Orleans:
                return OrleansEngine.AddAsync(cluster, builder, description, cancellationToken);
#else
            case ClusterEngine.Orleans:
                throw new OsmoException(
                    ErrorCode.Invalid,
                    "This build has no Orleans engine. Build it with -p:OsmoEngine=Orleans, where the Orleans packages can be restored; "
                    + "docs/orleans.md says how.");
#endif
            default:
                var name = cluster.Settings.Engine;
                var nearest = Spelling.Nearest(name, [ClusterEngine.Postgresql, ClusterEngine.Orleans]);
                throw new OsmoException(
                    ErrorCode.Invalid,
                    $"\"{name}\" is no engine{(nearest is null ? "" : $"; did you mean {nearest}?")} "
                    + $"--engine takes {ClusterEngine.Postgresql} or {ClusterEngine.Orleans}.");
        }
    }
}
