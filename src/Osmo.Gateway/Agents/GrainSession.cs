using Microsoft.Extensions.Logging;
using Orleans;
using Osmo.Domain.Backends;
using Osmo.Gateway.Calls;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;

namespace Osmo.Gateway.Agents;

/// <summary>
/// A session of an agent's connection with the grain of its backend, and the object through which the grain reaches the agent. It ends
/// once, and then lets nothing through any more in either direction.
/// </summary>
/// <typeparam name="TObserver">What the grain sees of the object; the session itself implements it.</typeparam>
internal abstract class GrainSession<TObserver>(BackendName backend, IGrainFactory grains, TimeProvider time, ILogger logger)
    : IAsyncDisposable
    where TObserver : class, IGrainObserver
{
    /// <summary>How long the grain may take to join an agent: it may have to read 100,000 nodes first.</summary>
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10);

    /// <summary>How long an ended connection waits for the grain to hear of it.</summary>
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _over = new();
    private TObserver? _reference;
    private Task<AgentJoined>? _connecting;
    private AgentJoined? _joined;

    protected TimeProvider Time => time;

    protected IBackendGrain Grain { get; } = grains.GetGrain<IBackendGrain>(backend.Value);

    /// <summary>Cancelled when the session has ended.</summary>
    protected CancellationToken Over => _over.Token;

    /// <summary>What the grain answered when it joined the agent.</summary>
    protected AgentJoined Answer => _joined ?? throw new InvalidOperationException("The session is not joined.");

    /// <summary>Gives up a session that was not joined. If the grain joins it later all the same, it is told.</summary>
    public void Abandon()
    {
        TryEnd();
        _ = LeaveAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (TryEnd())
        {
            await LeaveAsync().WaitAsync(GoodbyeTime, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else
        {
            // The grain has ended it, or has another one for the agent soon.
            Forget();
        }
    }

    /// <summary>Asks the grain to join the agent.</summary>
    protected async Task<AgentJoined> ConnectAsync(Func<TObserver, Task<AgentJoined>> connect, CancellationToken cancellationToken)
    {
        // Orleans holds this object weakly; whoever made it holds it for as long as the connection lasts, and LeaveAsync after that.
        _reference = grains.CreateObjectReference<TObserver>((IGrainObserver)this);
        _connecting = connect(_reference);
        return _joined = await _connecting.WaitAsync(ConnectTime, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does something for the agent, unless the session has ended. What is done here is done before it ends.</summary>
    protected void Do(Action what)
    {
        lock (_gate)
        {
            if (!_over.IsCancellationRequested)
            {
                what();
            }
        }
    }

    /// <summary>Runs a part of the session. If that fails the session has ended: what follows must not count without it.</summary>
    protected async Task RunAsync(Func<Task> part)
    {
        try
        {
            await part().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (!GrainFailures.IsTransient(failure))
            {
                GatewayLog.AgentFailed(logger, backend, failure);
            }

            End(AgentRefusal.Moved, GrainFailures.Tell(failure));
        }
    }

    /// <summary>Watches whether the grain still has the session.</summary>
    protected Task WatchAsync() => RunAsync(async () =>
    {
        await SessionPulse.WatchAsync(Grain, Answer.Session, time, Over).ConfigureAwait(false);
        End(AgentRefusal.Moved, "The backend's grain does not have the session any more.");
    });

    /// <summary>Ends the session, if it has not ended.</summary>
    protected void End(AgentRefusal reason, string message)
    {
        if (TryEnd())
        {
            OnEnded(reason, message);
        }
    }

    /// <summary>The session was ended by the grain, or by a failure.</summary>
    protected abstract void OnEnded(AgentRefusal reason, string message);

    private bool TryEnd()
    {
        lock (_gate)
        {
            if (_over.IsCancellationRequested)
            {
                return false;
            }

            // Whoever waits for it goes on elsewhere, and not under this lock.
            _ = _over.CancelAsync();
            return true;
        }
    }

    /// <summary>
    /// Tells the grain that the connection has ended. It may end while the agent is still being joined: the session that comes of it has to
    /// be closed, too.
    /// </summary>
    private async Task LeaveAsync()
    {
        try
        {
            if (_connecting is { } connecting && await connecting.ConfigureAwait(false) is { Session: not 0 } joined)
            {
                await Grain.DisconnectAsync(joined.Session).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            GatewayLog.AgentLeft(logger, backend, failure.Message);
        }

        Forget();
    }

    private void Forget()
    {
        try
        {
            if (Interlocked.Exchange(ref _reference, null) is { } reference)
            {
                grains.DeleteObjectReference<TObserver>(reference);
            }
        }
        catch (Exception failure)
        {
            // Orleans may have stopped before the connection ended.
            GatewayLog.AgentLeft(logger, backend, failure.Message);
        }
    }
}
