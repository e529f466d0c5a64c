using Microsoft.Extensions.Hosting;
using Osmo.Grains.Silos;
using Osmo.Silo.Hosting;

namespace Osmo.Silo.Membership;

/// <summary>A member serves while it takes part, there is somebody who runs backends, and it is not about to stop.</summary>
internal sealed class MemberReadiness(Members members, LocalSilo local, MemberOptions options, IHostApplicationLifetime application)
    : IReadiness
{
    public Task<string?> FindProblemAsync(CancellationToken cancellationToken) => Task.FromResult(FindProblem());

    private string? FindProblem()
    {
        if (local.Draining)
        {
            return "This silo hands over what it runs, to stop.";
        }

        if (application.ApplicationStopping.IsCancellationRequested)
        {
            return "This process stops.";
        }

        if (!members.IsActive(members.Own))
        {
            return "This process has not joined the cluster yet.";
        }

        return options.HostsBackends || members.Hosts.Length > 0 ? null : "No silo that runs backends is there yet. Start one.";
    }
}
