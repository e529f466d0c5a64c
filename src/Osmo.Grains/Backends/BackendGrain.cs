using Microsoft.Extensions.Logging;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Events;
using Osmo.Grains.Nodes;
using Osmo.Grains.Placement;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>
/// The grain of a backend. It owns the backend's record and its agents' sessions, and keeps the roster of its nodes.
/// <para>
/// It is reentrant: reports and questions interleave, and what changes the record happens in turns, one after the other. It loads the
/// backend by the first call, and takes it over in the store with that. If a write fails, or the store says that another activation has the
/// backend, it is over: it answers with that, and ends. The next activation loads what the store has.
/// </para>
/// <para>
/// Linearizable: a question is answered from memory, after every configuration that the store may have taken is published, and before it is
/// answered the store has confirmed that this activation still has the backend.
/// </para>
/// </summary>
[Orleans.Concurrency.Reentrant]
[BackendPlacement]
public sealed partial class BackendGrain(
    IBackendStore store,
    ActiveBackends backends,
    IFleetEventSink events,
    IGrainFactory grains,
    ILocalSiloDetails silo,
    TimeProvider time,
    ILogger<BackendGrain> logger) : Grain, IBackendGrain, IDisposable
{
    private readonly SemaphoreSlim _turns = new(1);
    private BackendName _name;
    private BackendState? _state;
    private Roster? _roster;
    private NodeCalls? _nodes;
    private OsmoException? _end;
    private TaskCompletionSource? _configuring;
    private Task _reviewing = Task.CompletedTask;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _name = BackendName.Parse(this.GetPrimaryKeyString());
        try
        {
            await LoadAsync(cancellationToken);
        }
        catch (OsmoException)
        {
            // The call that activated the grain is told, and ends the activation: the next one may be on a silo that reaches the store.
        }
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        End(new OsmoException(ErrorCode.Moved, $"Backend {_name} is loaded again elsewhere. Try again."));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<BackendPlacement> PingAsync() => new(new BackendPlacement(silo.Name, silo.SiloAddress.ToParsableString()));

    /// <summary>Orleans calls it after the end of the activation.</summary>
    public void Dispose()
    {
        _turns.Dispose();
        _roster?.Dispose();
    }

    private static OsmoException Unavailable(BackendName name, string what) =>
        new(ErrorCode.Unavailable, $"Backend {name} {what}. Try again.");

    /// <summary>Loads the backend, unless that has happened. Of a name that is not registered the store is asked every time.</summary>
    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        ThrowIfOver();
        if (_state?.View.Record is not null)
        {
            return;
        }

        await _turns.WaitAsync(cancellationToken);
        try
        {
            ThrowIfOver();
            if (_state?.View.Record is null)
            {
                var activation = Stamp.New();
                var loaded = await store.LoadAsync(_name, activation, cancellationToken);

                // The silo may have stopped meanwhile, and what has ended must not be found by others.
                cancellationToken.ThrowIfCancellationRequested();
                ThrowIfOver();
                Begin(loaded, activation);
            }
        }
        catch (OsmoException failure)
        {
            GrainsLog.LoadFailed(logger, _name.Value, failure.Message);
            End(failure);
            throw;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            GrainsLog.Failed(logger, _name.Value, failure);
            End(Unavailable(_name, "could not be loaded"));
            throw _end!;
        }
        finally
        {
            _turns.Release();
        }
    }

    private void Begin(LoadedBackend loaded, long activation)
    {
        _state = new BackendState(_name, loaded, events);
        Open(activation, loaded.Backend?.Record);
        foreach (var node in loaded.Backend?.Nodes ?? [])
        {
            _roster!.Load(node);
        }

        if (loaded.Backend is not null)
        {
            // A process may have died after the rules were changed and before every node was judged by them.
            Observe(ReviewAsync());
        }
    }

    private void Open(long activation, BackendRecord? record)
    {
        _roster = new Roster(_name, activation, record?.Config.NodeConditions ?? NodeConditionRules.Default, events);
        _nodes = new NodeCalls(grains, _roster, time);
        if (record is not null)
        {
            _roster.Watch.Load(record.LastHeartbeat);
            _roster.Show(record, session: null);
            backends.Add(_roster);
        }
    }

    /// <summary>Runs a turn: stages a change, makes it durable, and publishes it.</summary>
    /// <param name="stage">Stages the change; what it throws is an answer, and has staged nothing.</param>
    /// <param name="answer">Makes the answer from what the turn has published, before another one does.</param>
    /// <param name="cancellationToken">Ends the wait for the turn; what has begun is finished.</param>
    private async Task<TAnswer> TurnAsync<TStaged, TAnswer>(
        Func<BackendTurn, TStaged> stage, Func<BackendTurn, TStaged, TAnswer> answer, CancellationToken cancellationToken = default)
    {
        await LoadAsync(cancellationToken);
        await _turns.WaitAsync(cancellationToken);
        try
        {
            ThrowIfOver();
            var turn = _state!.BeginTurn(StoredNow.Of(time));
            var staged = stage(turn);
            var commit = turn.Commit(_roster!.Activation);
            turn.Publish(commit.IsEmpty ? null : await CommitAsync(commit));
            ShowRecord(commit.Deleted);
            return answer(turn, staged);
        }
        catch (Exception failure) when (failure is not OsmoException)
        {
            throw Abandon(failure);
        }
        finally
        {
            _configuring?.TrySetResult();
            _configuring = null;
            _turns.Release();
        }
    }

    private Task<bool> TurnAsync(Action<BackendTurn> stage) => TurnAsync(
        turn =>
        {
            stage(turn);
            return true;
        },
        (_, done) => done);

    private async Task<long?> CommitAsync(BackendCommit commit)
    {
        if (commit.History is not null)
        {
            // Somebody may read the new revision from the store before it is published here.
            _configuring = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _roster!.Configuring = _configuring.Task;
        }

        try
        {
            return await store.CommitAsync(commit, CancellationToken.None);
        }
        catch (OsmoException failure)
        {
            throw Abandon(failure);
        }
    }

    /// <summary>Shows the published record to the nodes, and begins a new roster if the backend was deleted.</summary>
    private void ShowRecord(bool deleted)
    {
        if (deleted)
        {
            backends.Remove(_roster!);
            _roster!.Close(new OsmoException(ErrorCode.NotFound, $"Backend {_name} was deleted."));
            Open(Stamp.New(), record: null);
        }
        else if (_state!.View.Record is { } record)
        {
            _roster!.Show(record, _state.Session);
            backends.Add(_roster);
        }
    }

    /// <summary>Has every node do what follows from a change of the rules, the label switch, or the session.</summary>
    private Task ReviewAsync() => AppliedAsync(_nodes!.ReviewAsync());

    /// <summary>Returns when the store has said that this activation still has the backend.</summary>
    private async ValueTask ConfirmAsync(Roster roster, CancellationToken cancellationToken)
    {
        try
        {
            await store.ConfirmAsync(_name, roster.Activation, cancellationToken);
        }
        catch (OsmoException failure) when (failure.Code == ErrorCode.Moved)
        {
            throw ReferenceEquals(roster, _roster) ? Abandon(failure) : failure;
        }
    }

    /// <summary>A write failed, or the backend is another activation's: memory may not be what the store has, and is thrown away.</summary>
    private OsmoException Abandon(Exception failure)
    {
        if (_end is not null)
        {
            return _end;
        }

        switch (failure)
        {
            case OsmoException { Code: ErrorCode.Moved }:
                GrainsLog.Fenced(logger, _name.Value);
                break;
            case OsmoException:
                GrainsLog.WriteFailed(logger, _name.Value, failure.Message);
                break;
            default:
                GrainsLog.Failed(logger, _name.Value, failure);
                break;
        }

        End(failure as OsmoException ?? Unavailable(_name, "met an internal error and is being loaded again"));
        Leave();
        return _end!;
    }

    private void End(OsmoException end)
    {
        if (_end is not null)
        {
            return;
        }

        _end = end;
        if (_roster is { } roster)
        {
            backends.Remove(roster);
            roster.Close(end);
        }

        _state?.EndSessions(end.Code == ErrorCode.Moved ? AgentRefusal.Moved : AgentRefusal.Unavailable, end.Message);
    }

    /// <summary>Ends the activation, unless it has ended: what still goes on in it may come here, too.</summary>
    private void Leave() => GrainContext.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, _end?.Message ?? "There is no such backend."));

    private void ThrowIfOver()
    {
        if (_end is { } end)
        {
            Leave();
            throw new OsmoException(end.Code, end.Message);
        }
    }

    /// <summary>Nobody waits for it: its failure has ended the activation already.</summary>
    private static void Observe(Task task) => _ = task.ContinueWith(
        static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
