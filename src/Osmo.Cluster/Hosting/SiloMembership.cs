using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Hosting;

/// <summary>
/// Joins with the host and leaves before it: after everything has started, and before anything is stopped. A silo that was
/// superseded stops the host; <see cref="ISiloLease.Superseded"/> has the error to exit with.
/// </summary>
internal sealed class SiloMembership(IServiceProvider services, Func<IServiceProvider, SiloRegistration> registration)
    : IHostedLifecycleService, ISiloLease, IAsyncDisposable
{
    private readonly TaskCompletionSource<OsmoException> _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LeaseKeeper? _keeper;

    public LeaseState State => _keeper?.State ?? LeaseState.Joining;

    public long? Incarnation => _keeper?.Incarnation;

    public Task<OsmoException> Superseded => _superseded.Task;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _keeper = new LeaseKeeper(
            registration(services),
            services.GetRequiredService<IOwnershipTable>(),
            services.GetRequiredService<OwnershipWatch>(),
            services.GetRequiredService<ShardRights>(),
            services.GetRequiredService<Lease>(),
            services.GetRequiredService<IActivationHost>(),
            services.GetRequiredService<LeaseOptions>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<LeaseKeeper>>());
        _keeper.Start();
        _ = StopWhenSupersededAsync(_keeper);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_keeper is not null)
        {
            var options = services.GetRequiredService<LeaseOptions>();
            using var deadline = new CancellationTokenSource(options.DrainLimit, services.GetRequiredService<TimeProvider>());
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            await _keeper.DrainAsync(either.Token).ConfigureAwait(false);
        }

        services.GetRequiredService<ServingTime>().End();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _keeper?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task StopWhenSupersededAsync(LeaseKeeper keeper)
    {
        var error = await keeper.Superseded.ConfigureAwait(false);
        _superseded.TrySetResult(error);
        services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
    }
}
