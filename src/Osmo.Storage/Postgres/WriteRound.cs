using System.Threading.Channels;

namespace Osmo.Storage.Postgres;

/// <summary>
/// What a writer writes next: of what waits at most one change of a backend and one of a node, up to some bounds. The others stay, and
/// those of a backend or a node keep their order among themselves. Used by one writer.
/// </summary>
internal sealed class WriteRound
{
    private const int CommitsMax = 128;
    private const int NodesMax = 4_096;

    /// <summary>Facts are some hundred times as large as the rest of a node.</summary>
    private const int FactsMax = 1_024;

    /// <summary>Past this nothing more is taken from the queue, so that its bound is one.</summary>
    private const int DeferredMax = 1_024;

    private readonly HashSet<string> _backends = new(StringComparer.Ordinal);
    private readonly HashSet<(string Backend, string Node)> _nodes = [];
    private List<IPendingWrite> _deferred = [];
    private List<IPendingWrite> _before = [];
    private int _facts;

    public List<PendingCommit> Commits { get; } = [];

    public List<PendingNode> Nodes { get; } = [];

    public List<PendingSettle> Settles { get; } = [];

    /// <summary>Whether something stays for the next round.</summary>
    public bool HasDeferred => _deferred.Count > 0;

    /// <summary>Begins a round.</summary>
    public void Take(ChannelReader<IPendingWrite> queue)
    {
        Commits.Clear();
        Nodes.Clear();
        Settles.Clear();
        _backends.Clear();
        _nodes.Clear();
        _facts = 0;
        (_deferred, _before) = (_before, _deferred);
        _before.ForEach(Place);
        _before.Clear();
        while (Commits.Count < CommitsMax && Nodes.Count < NodesMax && _deferred.Count < DeferredMax && queue.TryRead(out var pending))
        {
            Place(pending);
        }
    }

    /// <summary>Leaves the round's nodes for the next one.</summary>
    public void DeferNodes()
    {
        _deferred.InsertRange(0, Nodes);
        Nodes.Clear();
    }

    /// <summary>Gives up the round and everything that waits behind it.</summary>
    public List<IPendingWrite> Drain(ChannelReader<IPendingWrite> queue)
    {
        List<IPendingWrite> all = [.. Settles, .. Commits, .. Nodes, .. _deferred];
        _deferred.Clear();
        for (var left = queue.Count; left > 0 && queue.TryRead(out var pending); left--)
        {
            all.Add(pending);
        }

        return all;
    }

    private void Place(IPendingWrite pending)
    {
        switch (pending)
        {
            // What cannot go now is remembered too, so that none of its successors overtakes it.
            case PendingCommit commit when _backends.Add(commit.Commit.Backend.Value) && Commits.Count < CommitsMax:
                Commits.Add(commit);
                break;
            case PendingNode node when _nodes.Add((node.Write.Backend.Value, node.Write.Node)) && HasRoomFor(node):
                _facts += node.HasFacts ? 1 : 0;
                Nodes.Add(node);
                break;
            case PendingSettle settle:
                Settles.Add(settle);
                break;
            default:
                _deferred.Add(pending);
                break;
        }
    }

    private bool HasRoomFor(PendingNode node) => Nodes.Count < NodesMax && (_facts < FactsMax || !node.HasFacts);
}
