using Osmo.Grains.Engine;
using Osmo.Grains.Listeners;

namespace Osmo.Cluster.Routing;

/// <summary>
/// A connection of an OSMO agent, joined to whoever owns its backend when it comes.
/// <para>
/// States: Joining -> Joined -> Ended. While it is Joining, what the agent says waits. Joined ends when the silo does not serve the
/// connection any more; the agent's connection ends with it, for only a new one makes such an agent say again what was not acknowledged.
/// </para>
/// </summary>
internal sealed class RoutedListenerConduit : IAgentConduit
{
    private readonly IOwnerPath _path;
    private readonly AgentJoin _join;
    private readonly IAgentFrameSink _agent;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<IAgentConduit?> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    public RoutedListenerConduit(IOwnerPath path, ListenerChannel channel, IAgentFrameSink agent)
    {
        _path = path;
        _join = new AgentJoin(channel, Moved: false);
        _agent = agent;
        _running = Task.Run(RunAsync);
    }

    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        if (await _joined.Task.WaitAsync(cancellationToken).ConfigureAwait(false) is { } leg)
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
        try
        {
            for (var failures = 1; ; failures++)
            {
                var sink = new LegSink(_agent);
                try
                {
                    var leg = await _path.JoinAsync(_join, sink, _ending.Token).ConfigureAwait(false);
                    await using (leg.ConfigureAwait(false))
                    {
                        _joined.TrySetResult(leg);
                        End(await _path.WaitForEndAsync(sink, _ending.Token).ConfigureAwait(false));
                        return;
                    }
                }
                catch (SiloUnreachableException failure)
                {
                    await _path.PrepareNextAsync(failure.Message, failures, _ending.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The agent has hung up.
        }
        catch (Exception failure)
        {
            _path.Report(failure);
            _agent.Move("the gateway met an internal error");
        }
        finally
        {
            _joined.TrySetResult(null);
        }
    }

    private void End(LegEnd end)
    {
        if (end.IsFinal)
        {
            _agent.Complete(end.Reason);
        }
        else
        {
            _agent.Move(end.Reason);
        }
    }
}
