namespace Osmo.Agent;

/// <summary>Pods in the order in which they came, each once, any of which may leave. Not safe for several threads.</summary>
internal sealed class PodQueue
{
    private readonly LinkedList<WorkflowPod> _order = new();
    private readonly Dictionary<WorkflowPod, LinkedListNode<WorkflowPod>> _nodes = [];

    public int Count => _nodes.Count;

    public WorkflowPod? First => _order.First?.Value;

    public bool Contains(WorkflowPod pod) => _nodes.ContainsKey(pod);

    public void Add(WorkflowPod pod)
    {
        if (!_nodes.ContainsKey(pod))
        {
            _nodes.Add(pod, _order.AddLast(pod));
        }
    }

    public void Remove(WorkflowPod pod)
    {
        if (_nodes.Remove(pod, out LinkedListNode<WorkflowPod>? node))
        {
            _order.Remove(node);
        }
    }
}
