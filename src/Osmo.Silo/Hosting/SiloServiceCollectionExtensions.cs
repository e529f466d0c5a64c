using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Osmo.Grains.Engine;
using Osmo.Grains.Storage;
using Osmo.Silo.Engine;
using Osmo.Silo.Storage;

namespace Osmo.Silo.Hosting;

/// <summary>Puts a silo into a host.</summary>
public static class SiloServiceCollectionExtensions
{
    /// <summary>An embedded silo: the local engine on a SQLite store.</summary>
    /// <remarks>
    /// The database is opened here and not at the first call: a folder that cannot be used has to be known before anything is
    /// promised to anybody.
    /// </remarks>
    /// <exception cref="Grains.Errors.OsmoException">The data folder cannot be used; the message says what to do.</exception>
    public static IServiceCollection AddEmbeddedSilo(this IServiceCollection services, SiloOptions options)
    {
        var database = SqliteDatabase.Open(options.DataFolder);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new SqliteBackendStore(database));
        services.AddSingleton<IBackendStore>(provider => provider.GetRequiredService<SqliteBackendStore>());
        services.AddSingleton<FleetEventLog>();
        services.AddSingleton<LocalGrainEngine>();
        services.AddSingleton<IGrainEngine>(provider => provider.GetRequiredService<LocalGrainEngine>());
        services.AddHostedService<SiloLifetime>();
        return services;
    }

    /// <summary>Ends activations before the store closes, so that what waits in mailboxes is still written.</summary>
    private sealed class SiloLifetime(LocalGrainEngine engine, SqliteBackendStore store) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            await store.DisposeAsync().ConfigureAwait(false);
        }
    }
}
