using Npgsql;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>Rows of nodes, as the arrays of their columns. Kept and filled again for every group.</summary>
internal sealed class NodeColumns
{
    private readonly List<string> _backends = [];
    private readonly List<string> _names = [];
    private readonly List<long> _expected = [];
    private readonly List<long> _versions = [];
    private readonly List<string> _uids = [];
    private readonly List<bool> _unschedulable = [];
    private readonly List<byte[]> _conditions = [];
    private readonly List<bool> _available = [];
    private readonly List<DateTime> _availableSince = [];
    private readonly List<bool?> _agentVerdicts = [];
    private readonly List<string?> _verifiedLabels = [];
    private readonly List<byte[]?> _usages = [];

    public void Fill(List<PendingNode> nodes, NodeJson json)
    {
        Clear();
        foreach (var pending in nodes)
        {
            Add(pending.Write, json);
        }
    }

    public void AddTo(NpgsqlBatch batch, string sql) => batch.Add(
        sql,
        Parameters.Of(_backends, Parameters.Texts),
        Parameters.Of(_names, Parameters.Texts),
        Parameters.Of(_expected, Parameters.Numbers),
        Parameters.Of(_versions, Parameters.Numbers),
        Parameters.Of(_uids, Parameters.Texts),
        Parameters.Of(_unschedulable, Parameters.Flags),
        Parameters.Of(_conditions, Parameters.Texts),
        Parameters.Of(_available, Parameters.Flags),
        Parameters.Of(_availableSince, Parameters.Times),
        Parameters.Of(_agentVerdicts, Parameters.Flags),
        Parameters.Of(_verifiedLabels, Parameters.Texts),
        Parameters.Of(_usages, Parameters.Texts));

    private void Add(NodeWrite write, NodeJson json)
    {
        var node = write.Next!;
        _backends.Add(write.Backend.Value);
        _names.Add(write.Node);
        _expected.Add(write.Expected);
        _versions.Add(node.Version);
        _uids.Add(node.Uid);
        _unschedulable.Add(node.Unschedulable);
        _conditions.Add(json.Conditions(node.Conditions));
        _available.Add(node.Available);
        _availableSince.Add(StoredTime.ToUtc(node.AvailableSince));
        _agentVerdicts.Add(node.AgentVerdict);
        _verifiedLabels.Add(node.StoredLabel);
        _usages.Add(node.Usage is { } usage ? json.Usage(usage) : null);
    }

    private void Clear()
    {
        _backends.Clear();
        _names.Clear();
        _expected.Clear();
        _versions.Clear();
        _uids.Clear();
        _unschedulable.Clear();
        _conditions.Clear();
        _available.Clear();
        _availableSince.Clear();
        _agentVerdicts.Clear();
        _verifiedLabels.Clear();
        _usages.Clear();
    }
}
