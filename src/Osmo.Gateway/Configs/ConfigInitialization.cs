using Microsoft.Extensions.Hosting;
using Osmo.Configs.Editing;

namespace Osmo.Gateway.Configs;

/// <summary>Sees to it, before the gateway serves, that every type has a configuration and the preassigned roles what they need.</summary>
internal sealed class ConfigInitialization(Configurations configurations) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await configurations.InitializeAsync(cancellationToken);
        await RoleCompletion.ApplyAsync(configurations, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
