using Osmo.Grains.Engine;

namespace Osmo.Cluster.Routing;

/// <summary>
/// An agent's connection, joined to whoever owns its backend for as long as the agent stays.
/// <para>
/// States: Joining -> Joined -> Joining ..., until Ended. Joining ends with a leg to the owner; while it lasts, what the agent says is
/// dropped, but for what it says while it is joined for the first time, which waits. Joined ends when the silo says Move, when the
/// connection to it breaks, and when the route table names another owner. Ended is final, and is reached when the silo refuses the agent
/// (Complete), and when the agent hangs up.
/// </para>
/// <para>
/// Invariants: at most one leg exists, and the next begins after the last has ended; every leg but the first asks the agent to begin its
/// conversation anew, which is why dropped frames are missed by nobody: a snapshot follows.
/// </para>
/// </summary>
internal sealed class RoutedAgentConduit : IAgentConduit
{
    private static readonly TimeSpan GoodLeg = TimeSpan.FromSeconds(5);

    private readonly IOwnerPath _path;
    private readonly TimeProvider _time;
    private readonly IAgentFrameSink _agent;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _joinedFirst = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private bool _moved;
    private volatile IAgentConduit? _leg;

    public RoutedAgentConduit(IOwnerPath path, IAgentFrameSink agent, bool moved, TimeProvider time)
    {
        _path = path;
        _agent = agent;
        _time = time;
        _moved = moved;
        _running = Task.Run(RunAsync);
    }

    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        if (!_joinedFirst.Task.IsCompleted)
        {
            await _joinedFirst.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_leg is { } leg)
        {
            await leg.ReceiveAsync(frame, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        try
        {
            while (true)
            {
                var began = _time.GetTimestamp();
                var end = await RunLegAsync().ConfigureAwait(false);
                if (end.IsFinal)
                {
                    _agent.Complete(end.Reason);
                    return;
                }

                failures = _time.GetElapsedTime(began) >= GoodLeg ? 1 : failures + 1;
                await _path.PrepareNextAsync(end.Reason, failures, _ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The agent has hung up.
        }
        catch (Exception failure)
        {
            _path.Report(failure);
            _agent.Complete("the gateway met an internal error");
        }
        finally
        {
            _joinedFirst.TrySetResult();
        }
    }

    private async Task<LegEnd> RunLegAsync()
    {
        var sink = new LegSink(_agent);
        IAgentConduit leg;
        try
        {
            leg = await _path.JoinAsync(new AgentJoin(Listener: null, _moved), sink, _ending.Token).ConfigureAwait(false);
        }
        catch (SiloUnreachableException failure)
        {
            // What the agent has said is lost with this try: the next one asks it to say it again.
            _moved = true;
            _joinedFirst.TrySetResult();
            return new LegEnd(failure.Message, IsFinal: false);
        }

        await using (leg.ConfigureAwait(false))
        {
            _moved = true;
            _leg = leg;
            _joinedFirst.TrySetResult();
            try
            {
                return await _path.WaitForEndAsync(sink, _ending.Token).ConfigureAwait(false);
            }
            finally
            {
                _leg = null;
                sink.Move("the leg has ended");
            }
        }
    }
}
