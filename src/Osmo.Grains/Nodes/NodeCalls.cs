using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;

namespace Osmo.Grains.Nodes;

/// <summary>
/// Calls the grains of a backend's nodes for its grain. What brings nothing new is left out, so that only nodes to which something happens
/// are awake. Belongs to the turn of the backend's grain.
/// </summary>
internal sealed class NodeCalls(IGrainFactory grains, Roster roster, TimeProvider time)
{
    private const int CallsMax = 2_000;
    private const int TriesMax = 40;

    private static readonly Task<NodeOutcome> Done = Task.FromResult(NodeOutcome.Done);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Nodes that were told something and have not done it yet, with the end of the last of it.</summary>
    private readonly Dictionary<string, Task> _underWay = new(StringComparer.Ordinal);

    /// <summary>Of these the nodes that an agent has reported, with its session: they exist, even if they are not published yet.</summary>
    private readonly Dictionary<string, long> _reported = new(StringComparer.Ordinal);

    private long _order;

    /// <summary>Passes on what an agent says of a node, if it says anything new.</summary>
    public Task<NodeOutcome> ObserveAsync(NodeReport report, long session)
    {
        if (roster.TryGet(report.Name, out var entry) && !_underWay.ContainsKey(report.Name) && Says(entry.Current, report))
        {
            entry.SeenInSession = session;
            return roster.HasLabelToAskFor(entry) ? ReviewAsync(report.Name) : Done;
        }

        var observation = new NodeObservation(++_order, session, report);
        _reported[report.Name] = session;
        return TellAsync(report.Name, grain => grain.ObserveAsync(roster.Activation, observation));
    }

    /// <summary>Passes on what an agent says is in use of a node.</summary>
    public Task<NodeOutcome> UseAsync(string node, NodeUsage usage)
    {
        if (roster.TryGet(node, out var entry) && !_underWay.ContainsKey(node) && usage.Equals(entry.Current.Usage))
        {
            return Done;
        }

        var observation = new NodeUsageObservation(++_order, usage);
        return TellAsync(node, grain => grain.UseAsync(roster.Activation, observation));
    }

    /// <summary>A node does not exist any more.</summary>
    public Task<NodeOutcome> RemoveAsync(string node)
    {
        var order = ++_order;
        return TellAsync(node, grain => grain.RemoveAsync(roster.Activation, order));
    }

    /// <summary>
    /// Removes every node that a session has not reported. One that it reports while this is decided, after the snapshot that is complete
    /// now, is not seen in it yet and has come back.
    /// </summary>
    public Task RemoveUnseenAsync(long session) => RemoveOthersAsync(
        entry => entry.SeenInSession == session
            || (_reported.TryGetValue(entry.Current.Name, out var reporting) && reporting == session));

    /// <summary>Removes every node that is not among those that exist.</summary>
    public Task RemoveOthersAsync(Func<NodeEntry, bool> exists) =>
        ForEachAsync(roster.Nodes.Where(entry => !exists(entry)).Select(entry => entry.Current.Name).ToArray(), RemoveAsync);

    /// <summary>Wakes the nodes that have something to do because the rules, the label switch, or the session changed.</summary>
    public Task ReviewAsync() => ForEachAsync(roster.FindToReview(), ReviewAsync);

    /// <summary>Passes on how an update of a label went.</summary>
    public Task<NodeOutcome> LabelReportedAsync(LabelReport report) =>
        roster.TryGet(report.Node, out _) ? TellAsync(report.Node, grain => grain.LabelReportedAsync(roster.Activation, report)) : Done;

    private static bool Says(NodeSnapshot node, NodeReport report) =>
        node.Unschedulable == report.Unschedulable
        && node.VerifiedLabel == report.VerifiedLabel
        && node.AgentVerdict == report.AgentVerdict
        && (report.Uid.Length == 0 || report.Uid == node.Uid)
        && (report.AgentVerdict is not null || node.Usage is null)
        && node.Conditions.Matches(report.Conditions.AsSpan())
        && (report.Facts is null || report.Facts.Equals(node.Facts));

    private Task<NodeOutcome> ReviewAsync(string node) => TellAsync(node, grain => grain.ReviewAsync(roster.Activation));

    /// <summary>
    /// Tells a node something when it has done what it was told before. Calls to a grain that is not active yet may overtake each other,
    /// and a report that leaves out what an earlier one said must not come first.
    /// </summary>
    private async Task<NodeOutcome> TellAsync(string node, Func<INodeGrain, ValueTask<NodeOutcome>> tell)
    {
        var before = _underWay.GetValueOrDefault(node);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay[node] = done.Task;
        try
        {
            if (before is not null)
            {
                await before;
            }

            return await CallAsync(node, tell);
        }
        finally
        {
            if (_underWay[node] == done.Task)
            {
                _underWay.Remove(node);
                _reported.Remove(node);
            }

            done.SetResult();
        }
    }

    private async Task<NodeOutcome> CallAsync(string node, Func<INodeGrain, ValueTask<NodeOutcome>> tell)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await tell(grains.GetGrain<INodeGrain>(NodeKey.Of(roster.Backend, node)));
            }
            catch (OsmoException failure)
                when (failure.Code == ErrorCode.Moved && roster is { End: null, IsLost: false } && tries < TriesMax)
            {
                // It was active elsewhere, where its backend was before, and is ending there.
                await Task.Delay(RetryPause, time);
            }
        }
    }

    /// <summary>Asks many nodes, a bounded number at a time, so that the backend's grain goes on serving others.</summary>
    private static async Task ForEachAsync(IReadOnlyList<string> nodes, Func<string, Task<NodeOutcome>> tell)
    {
        using var room = new SemaphoreSlim(CallsMax);
        var calls = new List<Task>(nodes.Count);
        foreach (var node in nodes)
        {
            await room.WaitAsync();
            calls.Add(TellOneAsync(node));
        }

        await Task.WhenAll(calls);

        async Task TellOneAsync(string node)
        {
            try
            {
                await tell(node);
            }
            finally
            {
                room.Release();
            }
        }
    }
}
