using System.Collections.Immutable;
using Osmo.Domain.Errors;
using Osmo.Grains.Agents;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>What agents tell a backend.</summary>
public sealed partial class BackendGrain
{
    /// <summary>A batch whose predecessor has not come by then never will.</summary>
    private static readonly TimeSpan OvertakenTime = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<AgentJoined> ConnectAgentAsync(AgentHello hello, IAgentObserver observer)
    {
        AgentSession? joined = null;
        var port = new ObserverPort(observer, () => Leave(joined?.Id));
        var (session, labels) = await TurnAsync(
            turn => turn.Connect(hello, port), (_, opened) => (opened, _state!.View.Record?.LabelUpdates ?? false));
        if (session is null)
        {
            return new AgentJoined(0, false, port.Refusal?.Reason ?? AgentRefusal.Unavailable, port.Refusal?.Message ?? "");
        }

        joined = session;
        port.Join();
        GrainsLog.AgentConnected(logger, _name.Value, hello.ClusterUid, hello.AgentVersion);
        return new AgentJoined(session.Id, labels, null, "");
    }

    /// <inheritdoc/>
    public async Task<bool> ReportAsync(long session, NodeReportBatch batch)
    {
        var agent = Find(session);
        if (batch.Sequence > agent.Sequence && batch.Sequence - agent.Sequence <= AgentSession.BatchesAheadMax)
        {
            await agent.TurnOf(batch.Sequence).WaitAsync(OvertakenTime, time)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            agent = Find(session);
        }

        if (batch.Sequence != agent.Sequence + 1)
        {
            await DropAsync(
                agent, $"Batch {batch.Sequence} came after batch {agent.Sequence}; batches of a connection count up by one.");
            return false;
        }

        Hear(agent, clusterError: null);
        agent.InSnapshot |= batch.SnapshotBegin;
        var before = agent.Applied;
        var calls = new List<Task<NodeOutcome>>(batch.Reports.Length + batch.Deletions.Length);
        foreach (var report in batch.Reports)
        {
            calls.Add(_nodes!.ObserveAsync(report, agent.Id));
        }

        foreach (var node in batch.Deletions)
        {
            calls.Add(_nodes!.RemoveAsync(node));
        }

        var applied = Task.WhenAll(calls);
        agent.Applied = Task.WhenAll(before, applied);
        agent.Take(batch.Sequence);
        return await FinishAsync(agent, batch, applied);
    }

    /// <inheritdoc/>
    public async Task ReportLabelsAsync(long session, ImmutableArray<LabelReport> reports)
    {
        var agent = Find(session);
        Hear(agent, agent.ClusterError);
        await AppliedAsync(Task.WhenAll(reports.Select(_nodes!.LabelReportedAsync)));
    }

    /// <inheritdoc/>
    public async Task HeartbeatAsync(long session, string? clusterError)
    {
        Hear(Find(session), clusterError);
        await WriteHeartbeatAsync();
    }

    /// <inheritdoc/>
    public ValueTask<bool> HasSessionAsync(long session) =>
        new(_end is null && (_state?.FindSession(session) is not null || _state?.FindLink(session) is not null));

    /// <inheritdoc/>
    public async Task DisconnectAsync(long session)
    {
        if (_end is not null)
        {
            return;
        }

        if (_state?.FindSession(session) is { } agent)
        {
            await TurnAsync(turn => turn.Disconnect(agent));
        }
        else if (_state?.FindLink(session) is { } link)
        {
            await TurnAsync(turn => turn.Disconnect(link));
        }
    }

    private async Task<bool> FinishAsync(AgentSession agent, NodeReportBatch batch, Task<NodeOutcome[]> applied)
    {
        var outcomes = await AppliedAsync(applied);
        if (outcomes.AsSpan().IndexOf(NodeOutcome.FactsMissing) is >= 0 and var index)
        {
            await DropAsync(
                agent, $"Node {batch.Reports[index].Name} was reported without facts before any were known; report them first.");
            return false;
        }

        if (batch.SnapshotEnd && agent.InSnapshot)
        {
            // A node of an earlier batch is seen when it is published.
            await AppliedAsync(agent.Applied);
            await AppliedAsync(_nodes!.RemoveUnseenAsync(agent.Id));
            agent.InSnapshot = false;
            agent.SnapshotTaken = true;
            if (ReferenceEquals(_state!.Session, agent))
            {
                Watched(agent);
                _state.ShowAgents();
            }
        }

        await WriteHeartbeatAsync();
        return true;
    }

    private AgentSession Find(long session)
    {
        ThrowIfOver();
        return _state?.FindSession(session) ?? throw SessionEnded();
    }

    private OsmoException SessionEnded() =>
        new(ErrorCode.Moved, $"The agent's session with backend {_name} has ended. It has to connect again.");

    private void Hear(AgentSession agent, string? clusterError)
    {
        if (_state!.Hear(agent, clusterError, StoredNow.Of(time)))
        {
            _state.ShowAgents();
        }

        Watched(agent);
    }

    /// <summary>Takes note that the nodes are watched, if the agent can watch them. In memory only: what is stored is heartbeats.</summary>
    private void Watched(AgentSession agent)
    {
        if (agent.ClusterError is null)
        {
            _roster!.Watch.Note(agent.LastHeard, agent.SnapshotTaken);
        }
    }

    private Task<bool> DropAsync(AgentSession agent, string problem) =>
        TurnAsync(turn => turn.Drop(agent, AgentRefusal.ProtocolError, problem));

    private async Task WriteHeartbeatAsync()
    {
        if (_state!.HeartbeatIsDue)
        {
            await TurnAsync(_ => { });
        }
    }

    private async Task<T> AppliedAsync<T>(Task<T> applied)
    {
        await AppliedAsync((Task)applied);
        return await applied;
    }

    /// <summary>Waits until nodes have done what they were told, or the activation is over.</summary>
    private async Task AppliedAsync(Task applied)
    {
        try
        {
            await applied.WaitAsync(_roster!.Closed);
        }
        catch (Exception failure)
        {
            Observe(applied);
            throw Abandon(failure);
        }
    }

    /// <summary>The gateway of a session cannot be reached. Called from anywhere.</summary>
    private void Leave(long? session)
    {
        if (session is { } id)
        {
            Observe(this.AsReference<IBackendGrain>().DisconnectAsync(id));
        }
    }
}
