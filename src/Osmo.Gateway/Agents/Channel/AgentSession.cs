using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;

namespace Osmo.Gateway.Agents.Channel;

/// <summary>
/// The session of one of our own agents. Batches are under way several at a time, issued in their order, and acknowledged in it; how many
/// is what the agent may have unacknowledged.
/// </summary>
internal sealed class AgentSession(BackendName backend, IGrainFactory grains, AgentOutbox outbox, TimeProvider time, ILogger logger)
    : GrainSession<IAgentObserver>(backend, grains, time, logger), IAgentObserver
{
    /// <summary>After this the agent is refused for a broken protocol even if the grain did not tell it more.</summary>
    private static readonly TimeSpan ReasonTime = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _batches = new((int)AgentOutbox.WindowBatches);
    private readonly SemaphoreSlim _others = new((int)AgentOutbox.WindowBatches);
    private readonly BatchOrder _order = new();
    private readonly TaskCompletionSource<(AgentRefusal, string)> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the grain, or a failure, has ended the session.</summary>
    public Task<(AgentRefusal Reason, string Message)> Ended => _ended.Task;

    /// <summary>Asks the grain to join the agent.</summary>
    public Task<AgentJoined> ConnectAsync(AgentHello hello, CancellationToken cancellationToken)
    {
        outbox.Begin();
        return ConnectAsync(reference => Grain.ConnectAgentAsync(hello, reference), cancellationToken);
    }

    /// <summary>Tells the agent that it is joined, and what the grain has said already.</summary>
    public void Welcome()
    {
        Do(() => outbox.Welcome(Answer.LabelUpdates));
        _ = WatchAsync();
    }

    /// <summary>Reports a batch. Returns when it is on its way, and there was room for that.</summary>
    public ValueTask ReportAsync(NodeReportBatch batch, CancellationToken cancellationToken)
    {
        return PostAsync(_batches, ReportAsync, cancellationToken);

        async Task ReportAsync()
        {
            BatchOrder.Place place;
            lock (_gate)
            {
                place = _order.Add(batch.Sequence);
            }

            if (await Grain.ReportAsync(Answer.Session, batch).ConfigureAwait(false))
            {
                Acknowledge(place);
                return;
            }

            await Task.Delay(ReasonTime, Time, Over).ConfigureAwait(false);
            End(AgentRefusal.ProtocolError, $"The node batch {batch.Sequence} breaks the protocol. Upgrade the agent.");
        }
    }

    /// <summary>Reports how label updates went. Returns when that is on its way.</summary>
    public ValueTask ReportLabelsAsync(ImmutableArray<LabelReport> reports, CancellationToken cancellationToken) =>
        PostAsync(_others, () => Grain.ReportLabelsAsync(Answer.Session, reports), cancellationToken);

    /// <summary>Says that the agent lives. Returns when that is on its way.</summary>
    public ValueTask HeartbeatAsync(string? clusterError, CancellationToken cancellationToken) =>
        PostAsync(_others, () => Grain.HeartbeatAsync(Answer.Session, clusterError), cancellationToken);

    /// <inheritdoc/>
    public Task TellAsync(AgentNews news)
    {
        // At once: the outbox holds one value for each node, so a slow agent costs no more than that.
        Do(() => outbox.Tell(news));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task EndAsync(AgentRefusal reason, string message)
    {
        End(reason, message);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void OnEnded(AgentRefusal reason, string message) => _ended.TrySetResult((reason, message));

    private void Acknowledge(BatchOrder.Place place)
    {
        lock (_gate)
        {
            if (_order.Finish(place) is { } last)
            {
                Do(() => outbox.Acknowledge(last));
            }
        }
    }

    /// <summary>Makes a call when there is room for it, and does not wait for its end; nothing if the session has ended.</summary>
    private async ValueTask PostAsync(SemaphoreSlim room, Func<Task> call, CancellationToken cancellationToken)
    {
        // tidy: it does not wait, and says whether there was room
        if (!room.Wait(0, CancellationToken.None))
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(Over, cancellationToken);
            await room.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (!Over.IsCancellationRequested)
        {
            _ = RunAsync(room, call);
        }
    }

    private async Task RunAsync(SemaphoreSlim room, Func<Task> call)
    {
        await RunAsync(call).ConfigureAwait(false);
        room.Release();
    }
}
