using Microsoft.Extensions.Logging;
using Orleans;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>
/// The session of one connection of an OSMO agent. Messages go to the grain in their order, one call at a time, and are acknowledged in
/// that order. When the session ends the connection does too, for only a new one makes such an agent say again what was not acknowledged.
/// </summary>
internal sealed class ListenerSession(
    BackendName backend, IGrainFactory grains, ListenerOutbox outbox, TimeProvider time, ILogger logger)
    : GrainSession<IListenerObserver>(backend, grains, time, logger), IListenerObserver
{
    private readonly ReportQueue _queue = new();

    /// <summary>Whether every message that was reported is acknowledged.</summary>
    public bool IsIdle => _queue.IsIdle;

    /// <summary>Asks the grain to join the agent.</summary>
    public Task<AgentJoined> ConnectAsync(ListenerHello hello, CancellationToken cancellationToken) =>
        ConnectAsync(reference => Grain.ConnectListenerAsync(hello, reference), cancellationToken);

    /// <summary>The agent is joined: from now on messages are sent.</summary>
    public void Begin()
    {
        _ = RunAsync(SendAsync);
        _ = WatchAsync();
    }

    /// <summary>Reports a message, which is acknowledged when it is durable. Returns when there is room for the next.</summary>
    /// <param name="report">The message.</param>
    /// <param name="bytes">The size of its frame.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask ReportAsync(ListenerReport report, int bytes, CancellationToken cancellationToken)
    {
        if (_queue.TryAdd(report, bytes))
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(Over, cancellationToken);
        try
        {
            await _queue.AddAsync(report, bytes, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The session has ended, and the connection ends with it.
        }
    }

    /// <inheritdoc/>
    public Task TellAsync(NodeConditionRules rules)
    {
        Do(() => outbox.PushNodeConditions(rules));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task EndAsync(AgentRefusal reason, string message)
    {
        End(reason, message);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void OnEnded(AgentRefusal reason, string message) => outbox.Refuse(reason, message);

    private async Task SendAsync()
    {
        while (true)
        {
            var reports = await _queue.TakeAsync(Over).ConfigureAwait(false);
            await Grain.ReportListenerAsync(Answer.Session, reports).ConfigureAwait(false);
            foreach (var report in reports)
            {
                if (report.Id.Length > 0)
                {
                    outbox.Acknowledge(report.Id);
                }
            }
        }
    }
}
