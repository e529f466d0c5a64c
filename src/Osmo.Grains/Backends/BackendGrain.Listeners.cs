using System.Collections.Immutable;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>What OSMO agents, which have several connections and judge nodes themselves, tell a backend.</summary>
public sealed partial class BackendGrain
{
    /// <inheritdoc/>
    public async Task<AgentJoined> ConnectListenerAsync(ListenerHello hello, IListenerObserver observer)
    {
        ListenerLink? joined = null;
        var port = new ListenerObserverPort(observer, () => Leave(joined?.Id));
        var link = await TurnAsync(turn => turn.Connect(hello, port), (_, opened) => opened);
        if (link is null)
        {
            return new AgentJoined(0, false, port.Refusal?.Reason ?? AgentRefusal.Unavailable, port.Refusal?.Message ?? "");
        }

        joined = link;
        port.Join();
        return new AgentJoined(link.Id, false, null, "");
    }

    /// <inheritdoc/>
    public async Task ReportListenerAsync(long session, ImmutableArray<ListenerReport> reports)
    {
        ThrowIfOver();
        var state = _state;
        var link = state?.FindLink(session) ?? throw SessionEnded();
        state.LastHeartbeat = StoredNow.Of(time);
        var calls = new List<Task<NodeOutcome>>(reports.Length);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var report in reports)
        {
            if (report is ListenerLife)
            {
                continue;
            }

            // One that comes again has no effect, and is noted again: it may come once more after the next interruption.
            if (report.Id.Length > 0 && (!taken.Add(report.Id) || state.Messages.Knows(report.Id)))
            {
                continue;
            }

            if (report is ListenerNodeList list)
            {
                // A node that an earlier message brought is there when that is applied.
                await AppliedAsync(Task.WhenAll(calls));
                var existing = list.Nodes.ToHashSet(StringComparer.Ordinal);
                await AppliedAsync(_nodes!.RemoveOthersAsync(entry => existing.Contains(entry.Current.Name)));
                continue;
            }

            calls.Add(TellAsync(report));
        }

        await AppliedAsync(Task.WhenAll(calls));
        await KeepMessagesAsync(taken);
        await WriteHeartbeatAsync();
    }

    private Task<NodeOutcome> TellAsync(ListenerReport report) => report switch
    {
        ListenerNodeState state => _nodes!.ObserveAsync(state.Node, session: 0),
        ListenerNodeUsage usage => _nodes!.UseAsync(usage.Node, usage.Usage),
        ListenerNodeGone gone => _nodes!.RemoveAsync(gone.Node),
        _ => Task.FromResult(NodeOutcome.Done),
    };

    /// <summary>
    /// Takes note of messages whose effect is durable. Not before: if the process dies in between they come again, and have to be applied.
    /// </summary>
    private async Task KeepMessagesAsync(HashSet<string> taken)
    {
        ThrowIfOver();
        foreach (var message in taken)
        {
            _state!.Messages.Add(message);
        }

        if (_state!.Messages.Changed)
        {
            await TurnAsync(turn => turn.KeepMessages());
        }
    }
}
