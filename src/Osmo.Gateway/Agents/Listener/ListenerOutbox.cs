using Osmo.Domain.Availability;
using Osmo.Domain.Listeners;
using Osmo.Grains.Agents;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>
/// What is on its way to an OSMO agent on one connection: acknowledgements in order, and the newest node conditions. An agent that does
/// not read is not read from either, once <see cref="AcksWaitingMax"/> wait for it.
/// </summary>
internal sealed class ListenerOutbox : IAsyncDisposable
{
    /// <summary>An agent has 100 messages unacknowledged at most, unless it is told otherwise.</summary>
    private const int AcksWaitingMax = 1_000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Queue<string> _acks = new();
    private readonly IAgentFrameSink _sink;
    private readonly Action<AgentRefusal, string> _refused;
    private readonly Action<string> _lost;
    private readonly Task _pump;
    private TaskCompletionSource? _room;
    private bool _workerHeartbeat;
    private NodeConditionRules? _rules;
    private volatile ListenerGeneration _generation;
    private (AgentRefusal Reason, string Message)? _end;

    /// <param name="sink">The way back to the agent.</param>
    /// <param name="refused">Told once when the connection is to end.</param>
    /// <param name="lost">Told what of the node conditions the agent cannot be told.</param>
    public ListenerOutbox(IAgentFrameSink sink, Action<AgentRefusal, string> refused, Action<string> lost)
    {
        _sink = sink;
        _refused = refused;
        _lost = lost;
        _pump = Task.Run(PumpAsync);
    }

    public void Acknowledge(string message) => Change(() => _acks.Enqueue(message));

    public void PushNodeConditions(NodeConditionRules rules)
    {
        if (_generation.LossOf(rules) is { } loss)
        {
            _lost(loss.Message);
        }

        Change(() => _rules = rules);
    }

    /// <summary>What the agent understands, as its introduction tells.</summary>
    public void Understands(ListenerGeneration generation) => _generation = generation;

    public void Refuse(AgentRefusal reason, string message)
    {
        Change(() =>
        {
            if (_end is null)
            {
                _end = (reason, message);
                _refused(reason, message);
            }
        });
    }

    /// <summary>Tells a worker that the service is there.</summary>
    public void SendWorkerHeartbeat() => Change(() => _workerHeartbeat = true);

    /// <summary>Waits until not too much waits for the agent.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_acks.Count < AcksWaitingMax || _end is not null)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        _closing.Dispose();
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                await _signal.WaitAsync(_closing.Token).ConfigureAwait(false);
                while (Take() is { Count: > 0 } frames)
                {
                    foreach (var frame in frames)
                    {
                        await _sink.SendAsync(frame, _closing.Token).ConfigureAwait(false);
                    }
                }

                if (End() is { } end)
                {
                    Finish(end.Reason, end.Message);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection is gone.
        }
        catch (IOException)
        {
            _sink.Move("The connection broke.");
        }
    }

    private void Finish(AgentRefusal reason, string message)
    {
        // What may be different at once, elsewhere or with the next connection, is no refusal of the agent.
        if (reason is AgentRefusal.Moved or AgentRefusal.Unavailable)
        {
            _sink.Move(message);
        }
        else
        {
            _sink.Complete(message);
        }
    }

    private (AgentRefusal Reason, string Message)? End()
    {
        lock (_gate)
        {
            return _end;
        }
    }

    private List<ReadOnlyMemory<byte>> Take()
    {
        var frames = new List<ReadOnlyMemory<byte>>();
        lock (_gate)
        {
            if (_workerHeartbeat)
            {
                frames.Add(ListenerFrames.WorkerHeartbeat);
                _workerHeartbeat = false;
            }

            if (_rules is { } rules)
            {
                frames.AddRange(ListenerFrames.NodeConditions(rules, _generation).Select(frame => new ReadOnlyMemory<byte>(frame)));
                _rules = null;
            }

            while (_acks.TryDequeue(out var message))
            {
                frames.Add(ListenerFrames.Ack(message));
            }

            _room?.TrySetResult();
            _room = null;
        }

        return frames;
    }
}
