using Microsoft.Extensions.Hosting;

namespace Osmo.KubeSim.Hosting;

/// <summary>Leaves signals and the console to the process that embeds the server.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
