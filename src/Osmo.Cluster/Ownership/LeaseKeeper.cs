using Microsoft.Extensions.Logging;
using Osmo.Cluster.Membership;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Ownership;

/// <summary>
/// Keeps the lease of this silo and its share of the shards.
/// <code>
///            register                    margin before the end of the lease
///  Joining ------------> Serving &lt;-------------------------------------> Fenced
///     ^                     |       renewed, and the table read again       |
///     |                     | drain                                         | drain
///     |                     v                                               v
///     |                  Draining -- owns nothing, or deadline --> Left   (Draining)
///     |
///     +-- row gone ------ Serving, Fenced ------ row gone, another start of the id took its place --> Superseded
/// </code>
/// <para>
/// Who may cause what. The renewal loop alone renews, joins, and finds its row gone. The balancing loop alone claims shards, hands them
/// over and, when it drains, leaves. Fenced is no step that anybody takes but what a clock says: <see cref="Lease.Holds"/> is asked with
/// every claim, so that a process that was paused is fenced before it runs its next instruction. Other silos take a shard by the
/// database alone; this one learns of it from a reading of the table or from a refusal of the store. <c>Left</c> and
/// <c>Superseded</c> are final. A silo that joins again gets a new incarnation and none of its old rights.
/// </para>
/// <para>
/// Invariants. (1) A commit is accepted only under the shard's newest epoch; the store sees to it, and nothing here can break it.
/// (2) What may be claimed came from a reading of the table that began after this process last gave the shard up. (3) A
/// shard is not claimed any more when its grains are told to end. (4) Nothing is claimed unless the lease was confirmed, less a margin
/// ago, counted from before the renewal was sent. (5) An expired lease is taken over only by who has renewed its own for a lease's time
/// without a gap and has not seen a clock jump meanwhile. (6) No wait here is without a limit, and a lease that holds is
/// renewed whatever else goes on.
/// </para>
/// <code>
/// what fails                        what happens
/// database slow, up to a second     nothing; statements give up after StatementLimit and are tried again
/// database gone or restarted        every silo fences itself within a lease; when it is back each renews, reads, and goes on with what
///                                   it had, as epochs are unchanged; nobody takes over before a lease's time (invariant 5)
/// database failed over              the same; where the new one lacks the last changes (asynchronous replication), its table holds:
///                                   readings replace what was known, also by lower epochs
/// this process paused               fenced when it wakes; others may have taken its shards: a reading tells, and the store refuses before
/// this process cut from database    fenced before its lease ends; others take over at its end
/// clock of this machine jumps       nothing: only the monotonic clock is asked
/// database's clock jumps ahead      leases of others look expired; the jump is seen by comparing clocks, and nothing is taken over for a
///                                   lease's time, in which the others renew
/// database's clock jumps back       nothing, but the lease of a silo that is dead runs for longer, by as much
/// another silo dies or pauses       its shards are claimed when its lease ends; a round trip
/// two processes with one id         the later one supersedes; the earlier one stops with an error. It does not come back
/// this silo's row is forgotten      (expired, shards taken, removed) all grains end; it joins again with a new incarnation
/// recipient dies in a hand-over     the update refuses a recipient whose lease has expired: the shard stays; otherwise the dead one
///                                   has it, and it is taken over when its lease ends
/// outcome of a hand-over unknown    the shard is not claimed until a reading that begins later says whose it is
/// a commit hangs and holds a shard  changes of owner leave the shard out and try again; the others go on. While the owner lives the shard
///                                   stays with it. When its lease has ended, or its row is gone, the session that holds the shard is
///                                   ended by who may claim it, once its transaction is older than StatementLimit
/// its session is another role's     it cannot be ended and the shard waits for it; the log says so. All silos use one role
/// a grain does not end              after EndLimit its shard goes anyway, and the store refuses what it still writes
/// a notification is lost            the reading of every Renewal (silos) or Poll (gateways) tells; callers learn it from refusals
/// drain meets its deadline          what is left is freed and the row deleted; where even that fails, the lease ends by itself
/// </code>
/// </summary>
internal sealed class LeaseKeeper : ISiloLease, IAsyncDisposable
{
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(20);

    private readonly SiloRegistration _silo;
    private readonly IOwnershipTable _table;
    private readonly OwnershipWatch _watch;
    private readonly ShardRights _rights;
    private readonly Lease _lease;
    private readonly IActivationHost _host;
    private readonly ShardClaimer _claimer;
    private readonly ShardMover _mover;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<LeaseKeeper> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly WakeSignal _renewNow = new();
    private readonly WakeSignal _balanceNow = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<OsmoException> _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loops = Task.CompletedTask;
    private int _state = (int)LeaseState.Joining;
    private long _forgottenAt;

    public LeaseKeeper(
        SiloRegistration silo,
        IOwnershipTable table,
        OwnershipWatch watch,
        ShardRights rights,
        Lease lease,
        IActivationHost host,
        LeaseOptions options,
        TimeProvider time,
        ILogger<LeaseKeeper> logger)
    {
        options.Check();
        (_silo, _table, _watch, _rights, _lease, _host) = (silo, table, watch, rights, lease, host);
        (_options, _time, _logger) = (options, time, logger);
        _claimer = new ShardClaimer(table, watch, lease, logger);
        _mover = new ShardMover(table, watch, rights, host, options, time, logger);
        _forgottenAt = time.GetTimestamp();
        watch.Read += OnRead;
    }

    public LeaseState State => (LeaseState)Volatile.Read(ref _state) is var state && state == LeaseState.Serving && !_lease.Holds
        ? LeaseState.Fenced
        : state;

    public long? Incarnation => _rights.Incarnation is > 0 and var incarnation ? incarnation : null;

    public Task<OsmoException> Superseded => _superseded.Task;

    /// <summary>Joins the cluster and serves until it is drained or disposed of.</summary>
    public void Start() => _loops = Task.WhenAll(
        RunAsync("renewal", _renewNow, RenewStepAsync), RunAsync("balancing", _balanceNow, BalanceStepAsync));

    /// <summary>
    /// Hands over what this silo owns and leaves. Returns when it has left; at the deadline it frees what is left and leaves. The
    /// engine must still run: what is in mailboxes is served first.
    /// </summary>
    /// <param name="deadline">Cancelled when there is no more time.</param>
    public async Task DrainAsync(CancellationToken deadline)
    {
        if (Move(LeaseState.Serving, LeaseState.Draining))
        {
            OwnershipLog.Draining(_logger);
            _renewNow.Set();
            await _left.Task.WaitAsync(deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await StopLoopsAsync().ConfigureAwait(false);
        if (_rights.Incarnation is > 0 and var incarnation)
        {
            await LeaveAsync(incarnation, CancellationToken.None).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _watch.Read -= OnRead;
        await StopLoopsAsync().ConfigureAwait(false);
        _lease.Drop();
    }

    /// <summary>One step of the renewal loop.</summary>
    /// <returns>How long to wait for the next.</returns>
    public async Task<TimeSpan> RenewStepAsync(CancellationToken cancellationToken)
    {
        var state = (LeaseState)Volatile.Read(ref _state);
        if (state == LeaseState.Joining)
        {
            return await JoinAsync(cancellationToken).ConfigureAwait(false);
        }

        if (state is not (LeaseState.Serving or LeaseState.Draining))
        {
            return _options.Renewal;
        }

        var sentAt = _time.GetTimestamp();
        var fenced = !_lease.Holds;
        var (backends, nodes) = _host.Count();
        var report = new SiloReport(state == LeaseState.Draining, backends, nodes);
        try
        {
            if (!await _table.RenewAsync(_rights.Incarnation, report, _options.Lease, cancellationToken).ConfigureAwait(false))
            {
                return await LoseRowAsync(cancellationToken).ConfigureAwait(false);
            }

            _lease.Renewed(sentAt);
            if (fenced)
            {
                // Others may have taken shards meanwhile: nothing is claimed again before the table was read.
                OwnershipLog.Unfenced(_logger);
                await _watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
            }

            _lease.Serve(sentAt);
        }
        catch (OsmoException failure)
        {
            OwnershipLog.RenewalFailed(_logger, failure.Message);
            if (!fenced && !_lease.Holds)
            {
                OwnershipLog.Fenced(_logger);
            }

            return _options.RetryPause;
        }

        if (fenced || report.Draining)
        {
            _balanceNow.Set();
        }

        return UntilRenewal(sentAt);
    }

    /// <summary>One step of the balancing loop.</summary>
    /// <returns>How long to wait for the next.</returns>
    public async Task<TimeSpan> BalanceStepAsync(CancellationToken cancellationToken)
    {
        var state = State;
        if (state is not (LeaseState.Serving or LeaseState.Draining) || !_lease.Holds)
        {
            return _options.Tick;
        }

        var own = _rights.Incarnation;
        var reading = _watch.Current;
        if (reading is null || NextLook(reading, own) <= TimeSpan.Zero)
        {
            reading = await _watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
        }

        if (reading.Table.Find(own) is not { } self || self.LeaseLeft <= TimeSpan.Zero)
        {
            return BusyPause;
        }

        var plan = ShardBalancer.Plan(reading.Table, own);
        if (state == LeaseState.Draining)
        {
            return self.Draining ? await DrainStepAsync(reading, own, plan, cancellationToken).ConfigureAwait(false) : BusyPause;
        }

        if (_claimer.MayClaim(plan))
        {
            return await _claimer.ClaimAsync(own, plan, cancellationToken).ConfigureAwait(false) ? TimeSpan.Zero : BusyPause;
        }

        if (!plan.HandOvers.IsEmpty)
        {
            return await _mover.MoveBatchAsync(own, plan.HandOvers[0], cancellationToken).ConfigureAwait(false)
                ? TimeSpan.Zero
                : BusyPause;
        }

        _mover.EndMoving();
        await ForgetAsync(reading, own, cancellationToken).ConfigureAwait(false);
        var next = NextLook(reading, own);
        return next < _options.Tick ? TimeSpan.FromTicks(Math.Max(next.Ticks, BusyPause.Ticks)) : _options.Tick;
    }

    private async Task<TimeSpan> DrainStepAsync(TableReading reading, long own, ShardPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.HandOvers.IsEmpty)
        {
            return await _mover.MoveBatchAsync(own, plan.HandOvers[0], cancellationToken).ConfigureAwait(false)
                ? TimeSpan.Zero
                : BusyPause;
        }

        if (reading.Table.Shards.Any(shard => shard.Owner == own))
        {
            // Nobody is there to take them. Free, they wait for whoever comes next.
            await _mover.EndAsync(_rights.DropClaims(), cancellationToken).ConfigureAwait(false);
        }

        await LeaveAsync(own, cancellationToken).ConfigureAwait(false);
        return _options.Tick;
    }

    /// <summary>How long until the table has to be read: it gets old, or a lease in it ends.</summary>
    private TimeSpan NextLook(TableReading reading, long own)
    {
        var next = _options.Renewal;
        foreach (var silo in reading.Table.Silos)
        {
            if (silo.Incarnation != own && silo.LeaseLeft > TimeSpan.Zero && silo.LeaseLeft < next)
            {
                next = silo.LeaseLeft;
            }
        }

        return next - _time.GetElapsedTime(reading.BegunAt);
    }

    private TimeSpan UntilRenewal(long sentAt)
    {
        var pause = _options.Renewal - _time.GetElapsedTime(sentAt);
        return pause > BusyPause ? pause : BusyPause;
    }

    private async Task<TimeSpan> JoinAsync(CancellationToken cancellationToken)
    {
        var sentAt = _time.GetTimestamp();
        try
        {
            var incarnation = await _table.RegisterAsync(_silo, _options.Lease, cancellationToken).ConfigureAwait(false);
            _rights.Begin(incarnation);
            _lease.Renewed(sentAt);
            _lease.Serve(sentAt);
            Move(LeaseState.Joining, LeaseState.Serving);
            OwnershipLog.Joined(_logger, _silo.Id, incarnation);
            _watch.Request();
            _balanceNow.Set();
            return UntilRenewal(sentAt);
        }
        catch (OsmoException failure)
        {
            OwnershipLog.JoinFailed(_logger, _silo.Id, failure.Message);
            return _options.RetryPause;
        }
    }

    private async Task<TimeSpan> LoseRowAsync(CancellationToken cancellationToken)
    {
        if ((LeaseState)Volatile.Read(ref _state) is not (LeaseState.Serving or LeaseState.Draining))
        {
            return _options.Renewal;
        }

        var own = _rights.Incarnation;
        _lease.Drop();
        OnLost(_rights.DropClaims());
        var reading = await _watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (Supersession.Find(reading.Table, _silo, own) is { } error)
        {
            Volatile.Write(ref _state, (int)LeaseState.Superseded);
            OwnershipLog.Superseded(_logger, error.Message);
            _rights.Begin(0);
            _left.TrySetResult();
            _superseded.TrySetResult(error);
            return _options.Renewal;
        }

        OwnershipLog.RowGone(_logger);
        _rights.Begin(0);
        if (!Move(LeaseState.Serving, LeaseState.Joining))
        {
            Volatile.Write(ref _state, (int)LeaseState.Left);
            _left.TrySetResult();
        }

        return TimeSpan.Zero;
    }

    /// <summary>Frees what is left and deletes the row; the lease ends by itself where that fails.</summary>
    private async Task LeaveAsync(long own, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _state, (int)LeaseState.Left);
        _lease.Drop();
        _mover.EndMoving();
        await _mover.EndAsync(_rights.DropClaims(), cancellationToken).ConfigureAwait(false);
        try
        {
            await _table.LeaveAsync(own, cancellationToken).ConfigureAwait(false);
            OwnershipLog.Left(_logger);
        }
        catch (OsmoException failure)
        {
            OwnershipLog.LeaveFailed(_logger, failure.Message);
        }

        _rights.Begin(0);
        _left.TrySetResult();
    }

    private async Task ForgetAsync(TableReading reading, long own, CancellationToken cancellationToken)
    {
        if (_time.GetElapsedTime(_forgottenAt) < _options.Remembered
            || !reading.Table.Silos.Any(silo => silo.Incarnation != own && silo.LeaseLeft < -_options.Remembered))
        {
            return;
        }

        _forgottenAt = _time.GetTimestamp();
        await _table.ForgetAsync(_options.Remembered, cancellationToken).ConfigureAwait(false);
    }

    private void OnRead(TableReading reading)
    {
        if (!_lease.Observe(reading))
        {
            OwnershipLog.ClockJumped(_logger);
        }

        OnLost(_rights.Apply(reading));
        _balanceNow.Set();
    }

    private void OnLost(HashSet<int> shards)
    {
        if (shards.Count > 0)
        {
            _ = _mover.EndAsync(shards, CancellationToken.None);
        }
    }

    private bool Move(LeaseState from, LeaseState to) => Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;

    private async Task RunAsync(string loop, WakeSignal wake, Func<CancellationToken, Task<TimeSpan>> step)
    {
        while (!_stopping.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                pause = await step(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (OsmoException failure)
            {
                OwnershipLog.BalanceFailed(_logger, failure.Message);
                pause = _options.RetryPause;
            }
            catch (Exception failure)
            {
                OwnershipLog.Unexpected(_logger, loop, failure);
                pause = _options.Tick;
            }

            await wake.WaitAsync(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StopLoopsAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
