using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>
/// What the pods of each node request, kept by difference, and of which nodes that has changed since it was last taken. Safe for
/// several threads.
/// </summary>
internal sealed class UsageTable : IPodSink
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _workflowNamespaces;
    private readonly AsyncSignal _changed;
    private readonly Dictionary<(string Namespace, string Name), PodShare> _pods = [];
    private readonly Dictionary<string, NodeUsage> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirty = new(StringComparer.Ordinal);
    private bool _isListed;

    /// <param name="workflowNamespaces">Whose pods are workflows'.</param>
    /// <param name="changed">Set whenever there is something to take.</param>
    public UsageTable(IEnumerable<string> workflowNamespaces, AsyncSignal changed)
    {
        _workflowNamespaces = new HashSet<string>(workflowNamespaces, StringComparer.Ordinal);
        _changed = changed;
    }

    /// <summary>Whether something waits to be taken.</summary>
    public bool HasChanges
    {
        get
        {
            lock (_lock)
            {
                return _isListed && _dirty.Count > 0;
            }
        }
    }

    public void Replace(IReadOnlyList<PodProjection> pods)
    {
        lock (_lock)
        {
            _dirty.UnionWith(_nodes.Keys);
            _pods.Clear();
            _nodes.Clear();
            foreach (PodProjection pod in pods)
            {
                Set(pod);
            }

            _isListed = true;
        }

        _changed.Set();
    }

    public void Upsert(PodProjection pod)
    {
        bool isChanged;
        lock (_lock)
        {
            isChanged = Set(pod);
        }

        if (isChanged)
        {
            _changed.Set();
        }
    }

    public void Delete(PodProjection pod)
    {
        bool isChanged;
        lock (_lock)
        {
            isChanged = Remove((pod.Namespace, pod.Name));
        }

        if (isChanged)
        {
            _changed.Set();
        }
    }

    /// <summary>The node has to be told of, whether anything changed or not.</summary>
    public void Mark(string node)
    {
        lock (_lock)
        {
            _dirty.Add(node);
        }
    }

    /// <summary>Takes the next node whose usage is to be told; false while there is none, or pods were not listed yet.</summary>
    public bool TryTake(out string node, out NodeUsage usage)
    {
        lock (_lock)
        {
            node = "";
            usage = default;
            if (!_isListed || _dirty.Count == 0)
            {
                return false;
            }

            node = _dirty.First();
            _dirty.Remove(node);
            usage = _nodes.GetValueOrDefault(node);
            return true;
        }
    }

    // A pod counts from when it has a node until it has ended.
    private bool Set(PodProjection pod)
    {
        (string Namespace, string Name) key = (pod.Namespace, pod.Name);
        PodShare? share = pod is { Node.Length: > 0, Phase: "Running" or "Pending" }
            ? new PodShare(pod.Node, UsageOf(pod))
            : null;
        if (_pods.GetValueOrDefault(key) == share)
        {
            return false;
        }

        Remove(key);
        if (share is not null)
        {
            _pods[key] = share;
            _nodes[share.Node] = _nodes.GetValueOrDefault(share.Node) + share.Usage;
            _dirty.Add(share.Node);
        }

        return true;
    }

    private bool Remove((string Namespace, string Name) key)
    {
        if (!_pods.Remove(key, out PodShare? share))
        {
            return false;
        }

        NodeUsage left = _nodes[share.Node] - share.Usage;
        if (left == default)
        {
            _nodes.Remove(share.Node);
        }
        else
        {
            _nodes[share.Node] = left;
        }

        _dirty.Add(share.Node);
        return true;
    }

    private NodeUsage UsageOf(PodProjection pod)
    {
        RequestedAmount requested = RequestedAmount.Of(pod.Requests);
        return new NodeUsage(requested, _workflowNamespaces.Contains(pod.Namespace) ? default : requested);
    }

    private sealed record PodShare(string Node, NodeUsage Usage);
}
