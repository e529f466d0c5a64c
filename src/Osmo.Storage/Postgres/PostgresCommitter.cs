using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Postgres;

/// <summary>
/// Writes commits of different backends in one transaction and one round trip: a batch without BEGIN is a transaction of its own.
/// Used by one writer at a time.
/// </summary>
/// <remarks>
/// The fence comes first, so that nothing is done for a writer that lost its shard. The history comes as late as it can: from taking
/// a revision to the end of the transaction no other silo's configuration can be committed.
/// </remarks>
internal sealed class PostgresCommitter : IDisposable
{
    private const NpgsqlDbType Texts = NpgsqlDbType.Array | NpgsqlDbType.Text;
    private const NpgsqlDbType Numbers = NpgsqlDbType.Array | NpgsqlDbType.Bigint;
    private const NpgsqlDbType Flags = NpgsqlDbType.Array | NpgsqlDbType.Boolean;
    private const NpgsqlDbType Times = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz;

    private readonly NodeJson _json = new();

    /// <summary>Writes commits in one transaction; at most one of each backend.</summary>
    /// <returns>For each commit the revision that its history entry was given, or null.</returns>
    public async Task<long?[]> CommitAsync(
        NpgsqlConnection connection, IReadOnlyList<BackendCommit> commits, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        AddFence(batch, commits);
        AddDeletions(batch, commits);
        AddNodes(batch, commits);
        AddMemories(batch, commits);
        AddHeartbeats(batch, commits.Where(commit => commit is { Deleted: false, Record: null, Heartbeat: not null }));
        var hasFence = batch.BatchCommands.Count > 0 && batch.BatchCommands[0].CommandText == CommitStatements.Fence;
        var hasHistory = AddHistory(batch, commits);
        AddRecords(batch, commits);
        AddHeartbeats(batch, commits.Where(commit => commit is { Deleted: false, Record: not null, Heartbeat: not null }));
        if (batch.BatchCommands.Count == 0)
        {
            return new long?[commits.Count];
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (hasFence)
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        long? first = null;
        while (hasHistory && await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            first = Math.Min(first ?? long.MaxValue, reader.GetInt64(0));
        }

        // Up to here nothing is committed: the end of the answers is what says so.
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        var next = first ?? 0;
        return [.. commits.Select(commit => commit.History is null ? (long?)null : next++)];
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private static void AddFence(NpgsqlBatch batch, IReadOnlyList<BackendCommit> commits)
    {
        var claims = commits.Select(commit => commit.Owner).OfType<ShardEpoch>().Distinct().ToArray();
        if (claims.Length > 0)
        {
            Add(
                batch,
                CommitStatements.Fence,
                Value(Array.ConvertAll(claims, claim => claim.Shard), NpgsqlDbType.Array | NpgsqlDbType.Integer),
                Value(Array.ConvertAll(claims, claim => claim.Epoch), Numbers));
        }
    }

    private static void AddDeletions(NpgsqlBatch batch, IReadOnlyList<BackendCommit> commits)
    {
        var gone = commits.Where(commit => commit.Deleted).Select(commit => commit.Backend.Value).ToArray();
        if (gone.Length > 0)
        {
            Add(batch, CommitStatements.DeleteNodesOfBackends, Value(gone, Texts));
            Add(batch, CommitStatements.DeleteFactsOfBackends, Value(gone, Texts));
            Add(batch, CommitStatements.DeleteMemoriesOfBackends, Value(gone, Texts));
            Add(batch, CommitStatements.DeleteBackends, Value(gone, Texts));
        }

        var nodes = commits.Where(commit => !commit.Deleted)
            .SelectMany(commit => commit.NodeDeletions, (commit, node) => (Backend: commit.Backend.Value, Node: node))
            .ToArray();
        if (nodes.Length > 0)
        {
            var backends = Array.ConvertAll(nodes, node => node.Backend);
            var names = Array.ConvertAll(nodes, node => node.Node);
            Add(batch, CommitStatements.DeleteNodes, Value(backends, Texts), Value(names, Texts));
            Add(batch, CommitStatements.DeleteFacts, Value(backends, Texts), Value(names, Texts));
        }
    }

    private static void AddMemories(NpgsqlBatch batch, IReadOnlyList<BackendCommit> commits)
    {
        var memories = commits.Where(commit => commit is { Deleted: false, MessageMemory: not null }).ToArray();
        if (memories.Length > 0)
        {
            Add(
                batch,
                CommitStatements.UpsertMemories,
                Value(Array.ConvertAll(memories, commit => commit.Backend.Value), Texts),
                Value(Array.ConvertAll(memories, commit => commit.MessageMemory!), NpgsqlDbType.Array | NpgsqlDbType.Bytea));
        }
    }

    private static void AddHeartbeats(NpgsqlBatch batch, IEnumerable<BackendCommit> commits)
    {
        var beats = commits.ToArray();
        if (beats.Length > 0)
        {
            Add(
                batch,
                CommitStatements.Heartbeats,
                Value(Array.ConvertAll(beats, commit => commit.Backend.Value), Texts),
                Value(Array.ConvertAll(beats, commit => Time(commit.Heartbeat!.Value)), Times));
        }
    }

    private static bool AddHistory(NpgsqlBatch batch, IReadOnlyList<BackendCommit> commits)
    {
        var entries = commits.Where(commit => commit.History is not null)
            .Select(commit => (commit.Backend, Draft: commit.History!))
            .ToArray();
        if (entries.Length == 0)
        {
            return false;
        }

        Add(
            batch,
            CommitStatements.InsertHistory,
            Value((long)entries.Length, NpgsqlDbType.Bigint),
            Value(Array.ConvertAll(entries, entry => entry.Backend.Value), Texts),
            Value(Array.ConvertAll(entries, entry => entry.Draft.Username), Texts),
            Value(Array.ConvertAll(entries, entry => Time(entry.Draft.CreatedAt)), Times),
            Value(Array.ConvertAll(entries, entry => entry.Draft.Description), Texts),
            Value(
                Array.ConvertAll(entries, entry => JsonSerializer.Serialize(entry.Draft.Tags.Items)),
                NpgsqlDbType.Array | NpgsqlDbType.Jsonb),
            Value(Array.ConvertAll(entries, entry => entry.Draft.DocumentJson), Texts),
            Value(Array.ConvertAll(entries, entry => entry.Draft.Request?.Key), Texts),
            Value(Array.ConvertAll(entries, entry => entry.Draft.Request?.Digest), Numbers));
        return true;
    }

    private static void AddRecords(NpgsqlBatch batch, IReadOnlyList<BackendCommit> commits)
    {
        var back = (long)commits.Count(commit => commit.History is not null);
        var rows = new List<(BackendRecord Record, long? Back)>();
        foreach (var commit in commits)
        {
            back -= commit.History is null ? 0 : 1;
            if (commit is { Deleted: false, Record: { } record })
            {
                rows.Add((record, commit.History is null ? null : back));
            }
        }

        if (rows.Count == 0)
        {
            return;
        }

        var records = rows.Select(row => row.Record).ToArray();
        Add(
            batch,
            CommitStatements.UpsertBackends,
            Value(Array.ConvertAll(records, record => record.Name.Value), Texts),
            Value(rows.Select(row => row.Back).ToArray(), Numbers),
            Value(Array.ConvertAll(records, record => record.Revision), Numbers),
            Value(Array.ConvertAll(records, BackendDocument.EditableJson), Texts),
            Value(Array.ConvertAll(records, record => record.Registration.ClusterUid), Texts),
            Value(Array.ConvertAll(records, record => record.Registration.Namespace), Texts),
            Value(Array.ConvertAll(records, record => record.Registration.AgentVersion), Texts),
            Value(Array.ConvertAll(records, record => record.Registration.Prefix.Value), Texts),
            Value(Array.ConvertAll(records, record => record.Registration.AgentLabelUpdates), Flags),
            Value(Array.ConvertAll(records, record => Time(record.CreatedAt)), Times),
            Value(Array.ConvertAll(records, record => record.LastHeartbeat is { } heard ? Time(heard) : (DateTime?)null), Times),
            Value(Array.ConvertAll(records, record => StoredRecord.TextOf(record.Registration.Protocol)), Texts));
    }

    private static DateTime Time(DateTimeOffset time) => StoredTime.FromMicroseconds(StoredTime.ToMicroseconds(time)).UtcDateTime;

    private static NpgsqlParameter<T> Value<T>(T value, NpgsqlDbType type) => new() { TypedValue = value, NpgsqlDbType = type };

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value);
        }

        batch.BatchCommands.Add(command);
    }

    private void AddNodes(NpgsqlBatch batch, IReadOnlyList<BackendCommit> commits)
    {
        var nodes = new NodeColumns();
        var facts = new FactsColumns();
        foreach (var commit in commits.Where(commit => !commit.Deleted))
        {
            foreach (var (node, factsChanged) in commit.NodeWrites)
            {
                nodes.Add(commit.Backend.Value, node, _json);
                if (factsChanged)
                {
                    facts.Add(commit.Backend.Value, node.Name, Encoding.UTF8.GetString(_json.Facts(node.Facts)));
                }
            }
        }

        if (nodes.Backends.Count > 0)
        {
            Add(
                batch,
                CommitStatements.UpsertNodes,
                Value(nodes.Backends, Texts),
                Value(nodes.Names, Texts),
                Value(nodes.Uids, Texts),
                Value(nodes.Unschedulable, Flags),
                Value(nodes.Conditions, Texts),
                Value(nodes.AgentVerdicts, Flags),
                Value(nodes.VerifiedLabels, Texts),
                Value(nodes.Usages, Texts));
        }

        if (facts.Backends.Count > 0)
        {
            Add(
                batch,
                CommitStatements.UpsertFacts,
                Value(facts.Backends, Texts),
                Value(facts.Names, Texts),
                Value(facts.Facts, Texts));
        }
    }

    private sealed class NodeColumns
    {
        public List<string> Backends { get; } = [];

        public List<string> Names { get; } = [];

        public List<string> Uids { get; } = [];

        public List<bool> Unschedulable { get; } = [];

        public List<string> Conditions { get; } = [];

        public List<bool?> AgentVerdicts { get; } = [];

        public List<string?> VerifiedLabels { get; } = [];

        public List<string?> Usages { get; } = [];

        public void Add(string backend, NodeSnapshot node, NodeJson json)
        {
            Backends.Add(backend);
            Names.Add(node.Name);
            Uids.Add(node.Uid);
            Unschedulable.Add(node.Unschedulable);
            Conditions.Add(Encoding.UTF8.GetString(json.Conditions(node.Conditions)));
            AgentVerdicts.Add(node.AgentVerdict);
            VerifiedLabels.Add(node.StoredLabel);
            Usages.Add(node.Usage is { } usage ? Encoding.UTF8.GetString(json.Usage(usage)) : null);
        }
    }

    private sealed class FactsColumns
    {
        public List<string> Backends { get; } = [];

        public List<string> Names { get; } = [];

        public List<string> Facts { get; } = [];

        public void Add(string backend, string name, string facts)
        {
            Backends.Add(backend);
            Names.Add(name);
            Facts.Add(facts);
        }
    }
}
