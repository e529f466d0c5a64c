using Microsoft.Data.Sqlite;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Silo.Storage;

/// <summary>Writes commits through one connection with prepared statements. Used by the writer's thread only.</summary>
internal sealed class SqliteCommitter : IDisposable
{
    private const string HistoryType = "BACKEND";

    private readonly SqliteConnection _connection;
    private readonly NodeJson _json = new();
    private readonly List<SqliteCommand> _commands = [];
    private readonly SqliteCommand _upsertBackend;
    private readonly SqliteCommand _heartbeat;
    private readonly SqliteCommand _insertHistory;
    private readonly SqliteCommand _upsertNode;
    private readonly SqliteCommand _upsertFacts;
    private readonly SqliteCommand[] _deleteNode;
    private readonly SqliteCommand[] _deleteBackend;

    public SqliteCommitter(SqliteConnection connection)
    {
        _connection = connection;
        _upsertBackend = Prepare(
            """
            INSERT INTO backend
                (name, revision, config, cluster_uid, namespace, agent_version, prefix, agent_label_updates, created_at, last_heartbeat)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, config = excluded.config, cluster_uid = excluded.cluster_uid,
              namespace = excluded.namespace, agent_version = excluded.agent_version, prefix = excluded.prefix,
              agent_label_updates = excluded.agent_label_updates, created_at = excluded.created_at
            """,
            10);
        _heartbeat = Prepare("UPDATE backend SET last_heartbeat = $2 WHERE name = $1", 2);
        _insertHistory = Prepare(
            """
            INSERT INTO config_history (config_type, revision, name, username, created_at, description, tags, document)
            SELECT $1, COALESCE(MAX(revision), 0) + 1, $2, $3, $4, $5, $6, $7 FROM config_history WHERE config_type = $1
            RETURNING revision
            """,
            7);
        _upsertNode = Prepare(
            """
            INSERT INTO node (backend, name, uid, unschedulable, conditions) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (backend, name) DO UPDATE
            SET uid = excluded.uid, unschedulable = excluded.unschedulable, conditions = excluded.conditions
            """,
            5);
        _upsertFacts = Prepare(
            """
            INSERT INTO node_facts (backend, name, facts) VALUES ($1, $2, $3)
            ON CONFLICT (backend, name) DO UPDATE SET facts = excluded.facts
            """, 3);
        _deleteNode =
        [
            Prepare("DELETE FROM node WHERE backend = $1 AND name = $2", 2),
            Prepare("DELETE FROM node_facts WHERE backend = $1 AND name = $2", 2),
        ];
        _deleteBackend =
        [
            Prepare("DELETE FROM node WHERE backend = $1", 1),
            Prepare("DELETE FROM node_facts WHERE backend = $1", 1),
            Prepare("DELETE FROM backend WHERE name = $1", 1),
        ];
    }

    /// <summary>Writes commits in one transaction.</summary>
    /// <returns>For each commit the revision that its history entry was given, or null.</returns>
    public long?[] Commit(IReadOnlyList<BackendCommit> commits)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        foreach (var command in _commands)
        {
            command.Transaction = transaction;
        }

        var revisions = commits.Select(Write).ToArray();
        transaction.Commit();
        return revisions;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _commands.ForEach(command => command.Dispose());
        _json.Dispose();
        _connection.Dispose();
    }

    private long? Write(BackendCommit commit)
    {
        var name = commit.Backend.Value;
        long? revision = commit.History is { } draft ? InsertHistory(name, draft) : null;
        if (commit.Deleted)
        {
            Array.ForEach(_deleteBackend, command => Run(command, name));
            return revision;
        }

        if (commit.Record is { } record)
        {
            UpsertBackend(record with { Revision = revision ?? record.Revision });
        }

        if (commit.Heartbeat is { } heartbeat)
        {
            Run(_heartbeat, name, StoredTime.ToMicroseconds(heartbeat));
        }

        foreach (var node in commit.NodeDeletions)
        {
            Array.ForEach(_deleteNode, command => Run(command, name, node));
        }

        foreach (var (node, factsChanged) in commit.NodeWrites)
        {
            Run(_upsertNode, name, node.Name, node.Uid, node.Unschedulable ? 1L : 0L, _json.Conditions(node.Conditions));
            if (factsChanged)
            {
                Run(_upsertFacts, name, node.Name, _json.Facts(node.Facts));
            }
        }

        return revision;
    }

    private long InsertHistory(string name, HistoryDraft draft)
    {
        Bind(
            _insertHistory,
            HistoryType,
            name,
            draft.Username,
            StoredTime.ToMicroseconds(draft.CreatedAt),
            draft.Description,
            System.Text.Json.JsonSerializer.Serialize(draft.Tags.Items),
            draft.DocumentJson);
        return (long)_insertHistory.ExecuteScalar()!;
    }

    private void UpsertBackend(BackendRecord record) => Run(
        _upsertBackend,
        record.Name.Value,
        record.Revision,
        BackendDocument.EditableJson(record),
        record.Registration.ClusterUid,
        record.Registration.Namespace,
        record.Registration.AgentVersion,
        record.Registration.Prefix.Value,
        record.Registration.AgentLabelUpdates ? 1L : 0L,
        StoredTime.ToMicroseconds(record.CreatedAt),
        record.LastHeartbeat is { } heard ? StoredTime.ToMicroseconds(heard) : null);

    private SqliteCommand Prepare(string sql, int parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter($"${i}", null));
        }

        _commands.Add(command);
        return command;
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        Bind(command, values);
        command.ExecuteNonQuery();
    }

    private static void Bind(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }
}
