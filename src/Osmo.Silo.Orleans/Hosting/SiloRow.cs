using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Wire;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Silo.Orleans.Shards;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>
/// The silo's row in the cluster's tables: what operators and gateways see of it, and the owner that its shards name. It is written before
/// Orleans starts and deleted after it has stopped. That a silo is alive is for Orleans to say; the row's expiry decides nothing but who
/// may be cut off from the database when a shard is taken from it.
/// </summary>
internal sealed class SiloRow(
    OrleansEngineOptions options,
    ILocalSiloDetails silo,
    IOwnershipTable table,
    ShardRights rights,
    ShardOwnership ownership,
    ShardSpread spread,
    IActivationHost host,
    SiloEnd end,
    TimeProvider time,
    ILogger<SiloRow> logger) : IHostedLifecycleService, ISiloLease, IDisposable
{
    private const int RegistrationsMax = 10;

    private readonly CancellationTokenSource _ending = new();
    private Task _renewing = Task.CompletedTask;
    private volatile LeaseState _state = LeaseState.Joining;
    private volatile bool _draining;

    public LeaseState State => _state;

    public long? Incarnation => ownership.Incarnation is > 0 and var incarnation ? incarnation : null;

    public Task<OsmoException> Superseded => end.Error;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var registration = new SiloRegistration(
            options.Id, OrleansAddress.Write(silo.SiloAddress), options.Version, ClusterProtocol.Version, ClusterEngine.Orleans);
        var incarnation = await RegisterAsync(registration, cancellationToken).ConfigureAwait(false);
        rights.Begin(incarnation);
        ownership.Begin(incarnation);
        OrleansLog.Joined(logger, incarnation, registration.Address);
        _renewing = RenewAsync(incarnation);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _state = LeaseState.Serving;
        spread.Start();
        return Task.CompletedTask;
    }

    /// <summary>Hands over what runs here, shard by shard, while everything still works; Orleans would end all of it at once.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_state != LeaseState.Serving || end.Error.IsCompleted)
        {
            return;
        }

        _state = LeaseState.Draining;
        _draining = true;
        await TryRenewAsync(ownership.Incarnation).ConfigureAwait(false);
        await spread.DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await spread.StopAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        try
        {
            await table.LeaveAsync(ownership.Incarnation, cancellationToken).ConfigureAwait(false);
        }
        catch (OsmoException failure)
        {
            OrleansLog.RenewalFailed(logger, failure.Message);
        }

        _state = _state == LeaseState.Superseded ? LeaseState.Superseded : LeaseState.Left;
    }

    public void Dispose() => _ending.Dispose();

    /// <summary>A database that is slow while many start is no reason not to.</summary>
    private async Task<long> RegisterAsync(SiloRegistration registration, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await table.RegisterAsync(registration, options.Lease.Lease, cancellationToken).ConfigureAwait(false);
            }
            catch (OsmoException failure) when (failure.Code == ErrorCode.Unavailable && tries < RegistrationsMax)
            {
                OrleansLog.RenewalFailed(logger, failure.Message);
                await Task.Delay(options.Lease.Renewal, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RenewAsync(long incarnation)
    {
        while (true)
        {
            await Task.Delay(options.Lease.Renewal, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_ending.IsCancellationRequested)
            {
                return;
            }

            if (!await TryRenewAsync(incarnation).ConfigureAwait(false))
            {
                _state = LeaseState.Superseded;
                end.Stop(
                    $"Another process was started with the id {options.Id}, so this one stops. Where both should run, give each an id of "
                    + "its own (--silo-id).");
                return;
            }
        }
    }

    /// <returns>False where the row is gone.</returns>
    private async Task<bool> TryRenewAsync(long incarnation)
    {
        try
        {
            var (backends, nodes) = host.Count();
            var report = new SiloReport(_draining, backends, nodes);
            var renewed = await table.RenewAsync(incarnation, report, options.Lease.Lease, _ending.Token).ConfigureAwait(false);
            await table.ForgetAsync(options.Lease.Remembered, _ending.Token).ConfigureAwait(false);
            return renewed;
        }
        catch (OsmoException failure)
        {
            OrleansLog.RenewalFailed(logger, failure.Message);
            return true;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
