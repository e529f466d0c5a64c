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
/// Orleans starts and deleted after it has stopped. That a silo is alive is for Orleans to say, by what it hears on the network; the row
/// says whether it reaches the database. One that does not for as long as a lease can serve nothing and gives up what it runs, which the
/// others then place with those that do.
/// </summary>
internal sealed class SiloRow : IHostedLifecycleService, ISiloLease, IDisposable
{
    private const int RegistrationsMax = 10;

    private readonly SiloRegistration _silo;
    private readonly IOwnershipTable _table;
    private readonly Lease _lease;
    private readonly ShardRights _rights;
    private readonly ShardOwnership _ownership;
    private readonly ShardSpread _spread;
    private readonly IActivationHost _host;
    private readonly SiloEnd _end;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SiloRow> _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly WakeSignal _renewNow = new();
    private Task _renewing = Task.CompletedTask;
    private volatile LeaseState _state = LeaseState.Joining;

    public SiloRow(
        OrleansEngineOptions options,
        ILocalSiloDetails silo,
        IOwnershipTable table,
        Lease lease,
        ShardRights rights,
        ShardOwnership ownership,
        ShardSpread spread,
        IActivationHost host,
        SiloEnd end,
        TimeProvider time,
        ILogger<SiloRow> logger)
    {
        _silo = new SiloRegistration(
            options.Id, OrleansAddress.Write(silo.SiloAddress), options.Version, ClusterProtocol.Version, ClusterEngine.Orleans);
        (_table, _lease, _rights, _ownership, _spread) = (table, lease, rights, ownership, spread);
        (_host, _end, _options, _time, _logger) = (host, end, options.Lease, time, logger);
    }

    public LeaseState State => _state is var state && state == LeaseState.Serving && !_lease.Holds ? LeaseState.Fenced : state;

    public long? Incarnation => _ownership.Incarnation is > 0 and var incarnation ? incarnation : null;

    public Task<OsmoException> Superseded => _end.Error;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; !await TryRegisterAsync(last: tries == RegistrationsMax, cancellationToken).ConfigureAwait(false); tries++)
        {
            // A database that is slow while many start is no reason not to.
            await Task.Delay(_options.Renewal, _time, cancellationToken).ConfigureAwait(false);
        }

        _renewing = RenewAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _state = LeaseState.Serving;
        _spread.Start();
        return Task.CompletedTask;
    }

    /// <summary>Hands over what runs here, shard by shard, while everything still works; Orleans would end all of it at once.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_state != LeaseState.Serving || _end.Error.IsCompleted)
        {
            return;
        }

        _state = LeaseState.Draining;
        _renewNow.Set();
        await _spread.DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _spread.StopAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _lease.Drop();
        try
        {
            // Even where there is no time left: it takes no longer than a statement may.
            await _table.LeaveAsync(_ownership.Incarnation, CancellationToken.None).ConfigureAwait(false);
        }
        catch (OsmoException failure)
        {
            OrleansLog.RowFailed(_logger, failure.Message);
        }

        _state = _state == LeaseState.Superseded ? LeaseState.Superseded : LeaseState.Left;
    }

    public void Dispose() => _ending.Dispose();

    private async Task<bool> TryRegisterAsync(bool last, CancellationToken cancellationToken)
    {
        var sentAt = _time.GetTimestamp();
        try
        {
            Begin(await _table.RegisterAsync(_silo, _options.Lease, cancellationToken).ConfigureAwait(false));
            _lease.Renewed(sentAt);
            _lease.Serve(sentAt);
            return true;
        }
        catch (OsmoException failure) when (failure.Code == ErrorCode.Unavailable && !last)
        {
            OrleansLog.RowFailed(_logger, failure.Message);
            return false;
        }
    }

    private void Begin(long incarnation)
    {
        _rights.Begin(incarnation);
        _ownership.Begin(incarnation);
        OrleansLog.Joined(_logger, incarnation, _silo.Address);
    }

    private async Task RenewAsync()
    {
        var pause = _options.Renewal;
        while (true)
        {
            await _renewNow.WaitAsync(pause, _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_ending.IsCancellationRequested)
            {
                return;
            }

            pause = await StepAsync().ConfigureAwait(false) ? _options.Renewal : _options.RetryPause;
        }
    }

    /// <returns>False where it has to be tried again soon.</returns>
    private async Task<bool> StepAsync()
    {
        try
        {
            // Before anything is renewed: where the database or this process stood still, others may have taken any of them.
            if (!_lease.Holds && _ownership.GiveUp() is > 0 and var given)
            {
                OrleansLog.GaveUp(_logger, given);
            }

            var sentAt = _time.GetTimestamp();
            var (backends, nodes) = _host.Count();
            var report = new SiloReport(_state == LeaseState.Draining, backends, nodes);
            if (!await _table.RenewAsync(_ownership.Incarnation, report, _options.Lease, _ending.Token).ConfigureAwait(false))
            {
                return await LoseRowAsync().ConfigureAwait(false);
            }

            _lease.Renewed(sentAt);
            _lease.Serve(sentAt);
            await ForgetAsync().ConfigureAwait(false);
            return true;
        }
        catch (OsmoException failure)
        {
            OrleansLog.RenewalFailed(_logger, failure.Message);
            return false;
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception failure)
        {
            OrleansLog.Unexpected(_logger, "renewal", failure);
            return false;
        }
    }

    private async Task ForgetAsync()
    {
        try
        {
            await _table.ForgetAsync(_options.Remembered, _ending.Token).ConfigureAwait(false);
        }
        catch (OsmoException failure)
        {
            OrleansLog.ForgettingFailed(_logger, failure.Message);
        }
    }

    /// <summary>
    /// The row is gone: it was forgotten while the database was out of reach, or the silo's id was given to another process. Or the silo
    /// has entered itself anew already, and did not hear that it had: its address is its own, for it names this start of it.
    /// </summary>
    private async Task<bool> LoseRowAsync()
    {
        _lease.Drop();
        _ownership.GiveUp();
        var table = await _table.ReadAsync(_ending.Token).ConfigureAwait(false);
        if (table.Silos.FirstOrDefault(row => row.Address == _silo.Address) is { } own)
        {
            Begin(own.Incarnation);
            return false;
        }

        if (Supersession.Find(table, _silo, _ownership.Incarnation) is not { } error)
        {
            return _state == LeaseState.Draining || await TryRegisterAsync(last: false, _ending.Token).ConfigureAwait(false);
        }

        _state = LeaseState.Superseded;
        _end.Stop(error);
        return true;
    }
}
