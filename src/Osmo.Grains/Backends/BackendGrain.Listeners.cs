using System.Collections.Immutable;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>What OSMO agents, which have several connections and judge nodes themselves, tell a backend.</summary>
public sealed partial class BackendGrain
{
    /// <summary>Messages whose effect is not durable yet, with the end of the call that brought them.</summary>
    private readonly Dictionary<string, Task> _underWay = new(StringComparer.Ordinal);

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
        var now = StoredNow.Of(time);
        state.LastHeartbeat = now;
        if (link.IsListeners)
        {
            _roster!.Watch.Note(now, isInStep: true);
        }

        var messages = new MessageCall(_underWay, state.Messages);
        try
        {
            await ApplyAsync(reports, messages);
            await KeepMessagesAsync(messages.New);
        }
        finally
        {
            messages.End();
        }

        await AppliedAsync(messages.Others);
        await KeepMessagesAsync(messages.Again);
        await WriteHeartbeatAsync();
    }

    /// <summary>Has nodes do what is new in messages. Returns when that is durable.</summary>
    private async Task ApplyAsync(ImmutableArray<ListenerReport> reports, MessageCall messages)
    {
        var calls = new List<Task<NodeOutcome>>(reports.Length);
        foreach (var report in reports)
        {
            if (report is ListenerLife || (report.Id.Length > 0 && !messages.Takes(report.Id)))
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
