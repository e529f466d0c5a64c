using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Silo.Engine;

/// <summary>
/// A backend grain in this process, and the mailbox through which everything reaches it.
/// <para>
/// States: Loading (the store is read) -> Active (turns run) -> Ended. Ended is final, and is reached from Loading when the
/// store cannot be read, from Active when a commit fails, when an operation breaks an invariant, when nobody has needed the
/// grain for a while, when the backend goes to another process, and when this one stops. The engine makes a new activation for
/// the next call.
/// </para>
/// <para>
/// Invariants: operations run one at a time, in the order of the mailbox; nothing is answered before it is durable; the mailbox
/// is bounded, so that a slow store slows callers and nothing piles up; after Ended nothing is applied; every change names the
/// epoch under which the activation began, so that the store refuses it once another process owns the backend.
/// </para>
/// </summary>
internal sealed class BackendActivation
{
    /// <summary>Most operations that wait for a backend; further callers wait outside.</summary>
    public const int MailboxMax = 256;

    private const int TurnWeightMax = 8_192;

    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UnknownTime = TimeSpan.FromSeconds(1);

    private readonly BackendName _name;
    private readonly IBackendStore _store;
    private readonly IOwnership _ownership;
    private readonly IFleetEventSink _watchers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<TurnWork> _mailbox =
        Channel.CreateBounded<TurnWork>(new BoundedChannelOptions(MailboxMax) { SingleReader = true });

    private readonly TaskCompletionSource<BackendGrain> _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TurnWork> _staged = [];
    private volatile BackendGrain? _active;
    private volatile bool _used;
    private volatile bool _moves;

    public BackendActivation(
        BackendName name,
        ShardEpoch? claim,
        IBackendStore store,
        IOwnership ownership,
        IFleetEventSink watchers,
        TimeProvider time,
        ILogger logger)
    {
        _name = name;
        Claim = claim;
        _store = store;
        _ownership = ownership;
        _watchers = watchers;
        _time = time;
        _logger = logger;
    }

    /// <summary>The right under which the activation runs.</summary>
    public ShardEpoch? Claim { get; }

    /// <summary>Number of nodes, as of a moment ago; 0 while the grain is loaded.</summary>
    public int NodeCount => _active?.NodeCount ?? 0;

    /// <summary>Number of nodes that the agent judges otherwise than the configuration does, as of a moment ago.</summary>
    public int DisagreementCount => _active?.DisagreementCount() ?? 0;

    /// <summary>The grain, once it is loaded, for questions that read what is published.</summary>
    /// <exception cref="OsmoException">The store cannot be read.</exception>
    public Task<BackendGrain> Grain
    {
        get
        {
            _used = true;
            return _loaded.Task;
        }
    }

    /// <summary>Puts an operation into the mailbox; false where the activation has ended and the caller has to get a new one.</summary>
    public async ValueTask<bool> TryEnqueueAsync(TurnWork work, CancellationToken cancellationToken)
    {
        while (await _mailbox.Writer.WaitToWriteAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_mailbox.Writer.TryWrite(work))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends the activation after what is in the mailbox.</summary>
    /// <param name="moves">Whether the backend goes on in another process.</param>
    public void Stop(bool moves)
    {
        _moves = moves;
        _mailbox.Writer.TryComplete();
    }

    /// <summary>Loads the grain and runs its turns until the activation ends.</summary>
    public async Task RunAsync()
    {
        BackendGrain grain;
        try
        {
            var loaded = await _store.LoadAsync(_name, Claim, CancellationToken.None).ConfigureAwait(false);
            grain = new BackendGrain(_name, loaded, _watchers);
            _active = grain;
            _loaded.SetResult(grain);
        }
        catch (OsmoException refusal) when (refusal.Code == ErrorCode.Moved)
        {
            Lose();
            _loaded.SetException(refusal);
            End(refusal);
            return;
        }
        catch (Exception failure)
        {
            SiloLog.LoadFailed(_logger, _name.Value, failure);
            var answer = failure as OsmoException ?? Unavailable("could not be loaded");
            _loaded.SetException(answer);
            End(answer);
            return;
        }

        OsmoException end;
        try
        {
            await RunTurnsAsync(grain).ConfigureAwait(false);
            end = _moves
                ? new OsmoException(ErrorCode.Moved, $"Backend {_name} goes to another silo.")
                : Unavailable("is moving or stopping");
        }
        catch (OsmoException refusal) when (refusal.Code == ErrorCode.Moved)
        {
            SiloLog.Fenced(_logger, _name.Value, Claim?.Shard, Claim?.Epoch);
            Lose();
            end = refusal;
        }
        catch (OsmoException failure)
        {
            SiloLog.CommitFailed(_logger, _name.Value, failure);
            end = failure;
        }
        catch (Exception failure)
        {
            SiloLog.TurnFailed(_logger, _name.Value, failure);
            end = Unavailable("met an internal error and is being loaded again");
        }

        End(end);
        grain.Deactivate(end.Code == ErrorCode.Moved, end.Message);
    }

    private async Task RunTurnsAsync(BackendGrain grain)
    {
        var reader = _mailbox.Reader;
        while (await WaitForWorkAsync(grain).ConfigureAwait(false))
        {
            while (reader.TryPeek(out _))
            {
                var turn = grain.BeginTurn(Now());
                Stage(turn);
                var commit = turn.Commit() with { Owner = Claim };
                var revision = commit.IsEmpty ? null : await _store.CommitAsync(commit, CancellationToken.None).ConfigureAwait(false);
                turn.Publish(revision);
                foreach (var work in _staged)
                {
                    work.Succeed(grain, fenced: !commit.IsEmpty);
                }

                _staged.Clear();
            }
        }
    }

    private void Stage(BackendTurn turn)
    {
        var weight = 0;
        while (!turn.IsComplete && weight < TurnWeightMax && _mailbox.Reader.TryRead(out var work))
        {
            weight += work.Weight;
            try
            {
                // Listed first: should staging throw what it must not, the caller still gets an answer when the activation ends.
                _staged.Add(work);
                work.Apply(turn);
            }
            catch (OsmoException refusal)
            {
                _staged.Remove(work);
                work.Fail(refusal);
            }
        }
    }

    /// <summary>Waits for work; ends an activation that nobody needs, at once where there is no such backend.</summary>
    private async Task<bool> WaitForWorkAsync(BackendGrain grain)
    {
        while (true)
        {
            var view = grain.View;
            var idleTime = view.AgentSynced is not null ? Timeout.InfiniteTimeSpan : view.Record is null ? UnknownTime : IdleTime;
            using var idle = new CancellationTokenSource(idleTime, _time);
            _used = false;
            try
            {
                return await _mailbox.Reader.WaitToReadAsync(idle.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_used && view.Record is not null)
            {
                // Somebody read what is published: it is needed after all.
            }
            catch (OperationCanceledException)
            {
                // Whoever comes from here on is told to get a new activation; who was just before is still served.
                _mailbox.Writer.TryComplete();
                return _mailbox.Reader.TryPeek(out _);
            }
        }
    }

    private void Lose()
    {
        if (Claim is { } lost)
        {
            _ownership.Lost(lost);
        }
    }

    private void End(OsmoException answer)
    {
        _mailbox.Writer.TryComplete();
        _staged.ForEach(work => work.Fail(answer));
        _staged.Clear();
        while (_mailbox.Reader.TryRead(out var work))
        {
            work.Fail(answer);
        }
    }

    /// <summary>Times are stored as microseconds: what is shown before a restart must be what is shown after.</summary>
    private DateTimeOffset Now()
    {
        var now = _time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private OsmoException Unavailable(string what) => new(ErrorCode.Unavailable, $"Backend {_name} {what}. Try again.");
}
