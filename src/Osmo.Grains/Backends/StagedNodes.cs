using System.Runtime.InteropServices;
using Osmo.Grains.Availability;
using Osmo.Grains.Engine;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Grains.Backends;

/// <summary>The nodes that a turn changes: the latest state per node, and whether it has to be written.</summary>
internal sealed class StagedNodes(BackendGrain grain, DateTimeOffset now)
{
    private readonly Dictionary<string, Staged> _staged = new(StringComparer.Ordinal);
    private ConditionPolicy? _nextPolicy;

    /// <summary>Whether a new policy was applied to every node.</summary>
    public bool Rejudged => _nextPolicy is not null;

    public IReadOnlyList<NodeWrite> Writes =>
    [
        .. from staged in _staged.Values
           where staged is { Next: not null, Write: true }
           select new NodeWrite(staged.Next!, staged.FactsChanged),
    ];

    public IReadOnlyList<string> Deletions =>
        [.. from staged in _staged where staged.Value is { Next: null, Node: not null } select staged.Key];

    /// <summary>After publishing: the nodes that changed and still exist.</summary>
    public IEnumerable<NodeGrain> Published => from staged in _staged.Values where staged.Next is not null select staged.Node!;

    /// <summary>Takes a report. False where it leaves facts out and none are known.</summary>
    public bool TryStage(NodeReport report, long session)
    {
        ref var staged = ref CollectionsMarshal.GetValueRefOrAddDefault(_staged, report.Name, out var known);
        if (!known && grain.Nodes.TryGet(report.Name, out var node))
        {
            staged = new Staged(node, node.Current, Exists: true, Write: false, FactsChanged: false, Changed: false);
        }

        // The same machine under a new uid is another node: it keeps nothing of the old one.
        var before = staged.Next is { } next && (next.Uid == report.Uid || next.Uid.Length == 0 || report.Uid.Length == 0) ? next : null;
        if (before is null && report.Facts is null)
        {
            return false;
        }

        var after = Judge(report, before);
        if (before is not null && SameState(before, after))
        {
            staged.Node!.SeenInSession = session;
            return true;
        }

        var factsChanged = before is null || !ReferenceEquals(before.Facts, after.Facts);
        var write = before is null || factsChanged || before.Unschedulable != after.Unschedulable
            || !ReferenceEquals(before.Conditions, after.Conditions)
            || before.AgentVerdict != after.AgentVerdict || before.StoredLabel != after.StoredLabel
            || before.Usage != after.Usage || before.Uid != after.Uid;
        var grainOfNode = staged.Node ?? new NodeGrain(after);
        grainOfNode.SeenInSession = session;
        staged = new Staged(grainOfNode, after, staged.Exists, staged.Write || write, staged.FactsChanged || factsChanged, Changed: true);
        return true;
    }

    /// <summary>Takes note of what is in use of a node; nothing where the node is not known.</summary>
    public void StageUsage(string name, NodeUsage usage)
    {
        ref var staged = ref CollectionsMarshal.GetValueRefOrAddDefault(_staged, name, out var known);
        if (!known && grain.Nodes.TryGet(name, out var node))
        {
            staged = new Staged(node, node.Current, Exists: true, Write: false, FactsChanged: false, Changed: false);
        }

        if (staged.Next is { } next && !usage.Equals(next.Usage))
        {
            staged = staged with { Next = next with { Usage = usage }, Write = true, Changed = true };
        }
    }

    public void Delete(string name)
    {
        ref var staged = ref CollectionsMarshal.GetValueRefOrAddDefault(_staged, name, out var known);
        if (!known && grain.Nodes.TryGet(name, out var node))
        {
            staged = new Staged(node, null, Exists: true, Write: false, FactsChanged: false, Changed: true);
        }
        else
        {
            staged = staged with { Next = null, Changed = true };
        }
    }

    /// <summary>Deletes the nodes that a whole snapshot did not name.</summary>
    public void DeleteUnseen(long session)
    {
        foreach (var node in grain.Nodes.Nodes)
        {
            if (node.SeenInSession != session)
            {
                Delete(node.Current.Name);
            }
        }
    }

    /// <summary>Deletes the nodes that do not exist any more.</summary>
    /// <param name="existing">The names of those that do.</param>
    public void DeleteOthers(IReadOnlySet<string> existing)
    {
        foreach (var node in grain.Nodes.Nodes)
        {
            if (!existing.Contains(node.Current.Name))
            {
                Delete(node.Current.Name);
            }
        }

        foreach (var name in _staged.Keys.Where(name => !existing.Contains(name)).ToArray())
        {
            Delete(name);
        }
    }

    /// <summary>Judges every node by new rules.</summary>
    public void Rejudge(NodeConditionRules rules)
    {
        // First all into the table of today: to bring a set there may itself rebuild the table that a policy is made for.
        foreach (var (name, staged) in _staged)
        {
            if (staged.Next is { } next)
            {
                _staged[name] = staged with { Next = next with { Conditions = Rehomed(next.Conditions) } };
            }
        }

        var policy = _nextPolicy = new ConditionPolicy(rules, grain.Sets.Table);
        foreach (var (name, staged) in _staged)
        {
            if (staged.Next is { } next)
            {
                var available = IsAvailable(policy, next);
                _staged[name] = staged with { Next = Verdict(next, available), Changed = true };
            }
        }

        var flipped = new List<NodeGrain>();
        foreach (var node in grain.Nodes.Nodes)
        {
            if (IsAvailable(policy, node.Current) != node.Current.Available)
            {
                flipped.Add(node);
            }
        }

        // Often it is all nodes or none: growing step by step to all would hash every name twice.
        _staged.EnsureCapacity(_staged.Count + flipped.Count);
        foreach (var node in flipped)
        {
            var current = node.Current;
            var next = Verdict(current, !current.Available);
            _staged.TryAdd(current.Name, new Staged(node, next, Exists: true, Write: false, FactsChanged: false, Changed: true));
        }
    }

    /// <summary>Shows what was staged.</summary>
    /// <param name="backendDeleted">Whether the backend goes away with all of its nodes.</param>
    public void Publish(bool backendDeleted)
    {
        if (backendDeleted)
        {
            grain.RemoveNodes();
            return;
        }

        if (_nextPolicy is not null)
        {
            grain.SetPolicy(_nextPolicy);
        }

        foreach (var (name, staged) in _staged)
        {
            if (staged is { Node: { } node, Changed: true })
            {
                Publish(name, node, staged.Next, staged.Exists);
            }
        }
    }

    private static bool SameState(NodeSnapshot before, NodeSnapshot after) =>
        before.Unschedulable == after.Unschedulable
        && ReferenceEquals(before.Conditions, after.Conditions)
        && ReferenceEquals(before.Facts, after.Facts)
        && before.VerifiedLabel == after.VerifiedLabel
        && before.AgentVerdict == after.AgentVerdict
        && before.Usage == after.Usage
        && before.Uid == after.Uid;

    private static bool IsAvailable(ConditionPolicy policy, NodeSnapshot node) =>
        policy.IsAvailable(node.Conditions.Ids, node.Unschedulable) && node.AgentVerdict != false;

    private void Publish(string name, NodeGrain node, NodeSnapshot? next, bool exists)
    {
        if (next is null)
        {
            if (exists)
            {
                grain.Nodes.Remove(name);
                grain.Watchers.Publish(new FleetEvent(FleetEventKind.NodeDeleted, grain.Name, node.Current, null));
            }

            return;
        }

        node.Publish(next with { Conditions = Rehomed(next.Conditions) });
        if (!exists)
        {
            grain.Nodes.Add(node);
        }

        grain.Watchers.Publish(new FleetEvent(FleetEventKind.NodeChanged, grain.Name, node.Current, null));
    }

    private NodeSnapshot Judge(NodeReport report, NodeSnapshot? before)
    {
        var conditions = before is not null && before.Conditions.Matches(report.Conditions.AsSpan())
            ? Rehomed(before.Conditions)
            : grain.Share(report.Conditions.AsSpan());
        var facts = report.Facts is null || report.Facts.Equals(before?.Facts) ? before!.Facts : report.Facts;
        var after = new NodeSnapshot(
            report.Name,
            report.Uid.Length == 0 ? before?.Uid ?? "" : report.Uid,
            report.Unschedulable,
            conditions,
            facts,
            before?.Available ?? false,
            before is null ? now : before.AvailableSince,
            report.VerifiedLabel)
        {
            AgentVerdict = report.AgentVerdict,

            // An agent that leaves the verdict to the grain does not report what is in use either: what another said grows old.
            Usage = report.AgentVerdict is null ? null : before?.Usage,
        };
        return Verdict(after, IsAvailable(grain.Policy, after));
    }

    private NodeSnapshot Verdict(NodeSnapshot node, bool available) =>
        available == node.Available ? node : node with { Available = available, AvailableSince = now };

    /// <summary>The table of conditions may have been rebuilt since the set was made.</summary>
    private ConditionSet Rehomed(ConditionSet set) => ReferenceEquals(set.Table, grain.Sets.Table) ? set : grain.Share(set.ToPairs());

    /// <summary>A node in this turn.</summary>
    /// <param name="Node">Its grain; null where it was deleted before it was ever known.</param>
    /// <param name="Next">Its state after the turn; null where it is deleted.</param>
    /// <param name="Exists">Whether the grain has it before the turn is published.</param>
    /// <param name="Write">Whether it has to be written.</param>
    /// <param name="FactsChanged">Whether its facts have to be written too.</param>
    /// <param name="Changed">Whether there is anything to publish.</param>
    private readonly record struct Staged(
        NodeGrain? Node, NodeSnapshot? Next, bool Exists, bool Write, bool FactsChanged, bool Changed);
}
