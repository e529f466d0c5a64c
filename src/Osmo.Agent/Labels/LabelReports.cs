using Osmo.Protocol.Agent.V1;

namespace Osmo.Agent;

/// <summary>
/// Results of label updates on their way to the silo, the latest per node. A result waits until the node's state has gone out: the
/// silo compares the two.
/// </summary>
internal sealed class LabelReports(NodeStore store, AsyncSignal changed)
{
    /// <summary>Most results in one frame.</summary>
    public const int FrameResultsMax = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LabelResult> _waiting = new(StringComparer.Ordinal);

    public void Add(LabelResult result)
    {
        lock (_lock)
        {
            _waiting[result.Node] = result;
        }

        changed.Set();
    }

    /// <summary>What may be sent after the batches taken so far; null when there is nothing.</summary>
    public LabelResults? TryTake()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                return null;
            }

            LabelResults results = new();
            foreach ((string node, LabelResult result) in _waiting)
            {
                if (!store.IsPending(node))
                {
                    results.Results.Add(result);
                    if (results.Results.Count == FrameResultsMax)
                    {
                        break;
                    }
                }
            }

            foreach (LabelResult result in results.Results)
            {
                _waiting.Remove(result.Node);
            }

            return results.Results.Count > 0 ? results : null;
        }
    }

    /// <summary>The connection is gone, and with it everybody who wanted to know.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _waiting.Clear();
        }
    }
}
