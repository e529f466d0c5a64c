using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// Labels nodes by the agent's own verdict, at every change of a node and of the rules, whether the service can be reached or not. Stands
/// between the watch and the store.
/// </summary>
internal sealed class VerdictLabels(NodeStore store, NodeJudge judge, LabelApplier labels, bool isEnabled) : INodeSink
{
    // What a node should carry is decided and said under one lock: a verdict by older rules never overtakes one by newer.
    private readonly Lock _lock = new();

    public void Replace(IReadOnlyList<NodeProjection> nodes)
    {
        store.Replace(nodes);
        JudgeAll();
    }

    public void Upsert(NodeProjection node)
    {
        store.Upsert(node);
        lock (_lock)
        {
            Judge(node);
        }
    }

    public void Delete(string name, string uid) => store.Delete(name, uid);

    public void Synced() => store.Synced();

    /// <summary>The rules are known, or others than before.</summary>
    public void JudgeAll()
    {
        if (!isEnabled || !judge.IsTold)
        {
            return;
        }

        lock (_lock)
        {
            labels.SetPolicy(true);
            foreach (NodeProjection node in store.All())
            {
                Judge(node);
            }
        }
    }

    private void Judge(NodeProjection node)
    {
        if (isEnabled && judge.IsTold)
        {
            labels.Want(node.Name, node.Uid, judge.IsAvailable(node));
        }
    }
}
