using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>Writes commits through one connection with prepared statements. Used by the writer's thread only.</summary>
internal sealed class SqliteCommitter : IDisposable
{
    private const string HistoryType = "BACKEND";

    private readonly SqliteConnection _connection;
    private readonly NodeJson _json = new();
    private readonly List<SqliteStatement> _statements = [];
    private readonly SqliteStatement _upsertBackend;
    private readonly SqliteStatement _heartbeat;
    private readonly SqliteStatement _insertHistory;
    private readonly SqliteStatement _upsertNode;
    private readonly SqliteStatement _upsertFacts;
    private readonly SqliteStatement _upsertMemory;
    private readonly SqliteStatement[] _deleteNode;
    private readonly SqliteStatement[] _deleteBackend;

    public SqliteCommitter(SqliteConnection connection)
    {
        _connection = connection;
        _upsertBackend = Prepare(
            """
            INSERT INTO backend
                (name, revision, config, cluster_uid, namespace, agent_version, prefix, agent_label_updates, created_at, last_heartbeat,
                 agent_protocol)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, config = excluded.config, cluster_uid = excluded.cluster_uid,
              namespace = excluded.namespace, agent_version = excluded.agent_version, prefix = excluded.prefix,
              agent_label_updates = excluded.agent_label_updates, created_at = excluded.created_at,
              agent_protocol = excluded.agent_protocol
            """);
        _heartbeat = Prepare("UPDATE backend SET last_heartbeat = ?2 WHERE name = ?1");
        _insertHistory = Prepare(
            """
            INSERT INTO config_history
                (config_type, revision, name, username, created_at, description, tags, document, request_key, request_digest)
            SELECT ?1, COALESCE(MAX(revision), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM config_history WHERE config_type = ?1
            RETURNING revision
            """);
        _upsertNode = Prepare(
            """
            INSERT INTO node (backend, name, uid, unschedulable, conditions, agent_verdict, verified_label, usage)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (backend, name) DO UPDATE
            SET uid = excluded.uid, unschedulable = excluded.unschedulable, conditions = excluded.conditions,
              agent_verdict = excluded.agent_verdict, verified_label = excluded.verified_label, usage = excluded.usage
            """);
        _upsertFacts = Prepare(
            """
            INSERT INTO node_facts (backend, name, facts) VALUES (?1, ?2, ?3)
            ON CONFLICT (backend, name) DO UPDATE SET facts = excluded.facts
            """);
        _upsertMemory = Prepare(
            """
            INSERT INTO message_memory (backend, memory) VALUES (?1, ?2)
            ON CONFLICT (backend) DO UPDATE SET memory = excluded.memory
            """);
        _deleteNode =
        [
            Prepare("DELETE FROM node WHERE backend = ?1 AND name = ?2"),
            Prepare("DELETE FROM node_facts WHERE backend = ?1 AND name = ?2"),
        ];
        _deleteBackend =
        [
            Prepare("DELETE FROM node WHERE backend = ?1"),
            Prepare("DELETE FROM node_facts WHERE backend = ?1"),
            Prepare("DELETE FROM message_memory WHERE backend = ?1"),
            Prepare("DELETE FROM backend WHERE name = ?1"),
        ];
    }

    /// <summary>Writes commits in one transaction.</summary>
    /// <returns>For each commit the revision that its history entry was given, or null.</returns>
    public long?[] Commit(IReadOnlyList<BackendCommit> commits)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        var revisions = commits.Select(Write).ToArray();
        transaction.Commit();
        return revisions;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.ForEach(statement => statement.Dispose());
        _json.Dispose();

        // Not back into the pool: a connection is given up when it failed, and the next one must not be the same.
        SqliteConnection.ClearPool(_connection);
        _connection.Dispose();
    }

    private long? Write(BackendCommit commit)
    {
        var name = commit.Backend.Value;
        long? revision = commit.History is { } draft ? InsertHistory(name, draft) : null;
        if (commit.Deleted)
        {
            Array.ForEach(_deleteBackend, statement => statement.With(name).Execute());
            return revision;
        }

        if (commit.Record is { } record)
        {
            UpsertBackend(record with { Revision = revision ?? record.Revision });
        }

        if (commit.Heartbeat is { } heartbeat)
        {
            _heartbeat.With(name).With(StoredTime.ToMicroseconds(heartbeat)).Execute();
        }

        if (commit.MessageMemory is { } memory)
        {
            _upsertMemory.With(name).WithBlob(memory).Execute();
        }

        foreach (var node in commit.NodeDeletions)
        {
            Array.ForEach(_deleteNode, statement => statement.With(name).With(node).Execute());
        }

        foreach (var (node, factsChanged) in commit.NodeWrites)
        {
            _upsertNode.With(name).With(node.Name).With(node.Uid).With(node.Unschedulable ? 1L : 0L)
                .With(_json.Conditions(node.Conditions))
                .With(node.AgentVerdict is { } verdict ? verdict ? 1L : 0L : null)
                .With(node.StoredLabel)
                .With(node.Usage is { } usage ? Encoding.UTF8.GetString(_json.Usage(usage)) : null)
                .Execute();
            if (factsChanged)
            {
                _upsertFacts.With(name).With(node.Name).With(_json.Facts(node.Facts)).Execute();
            }
        }

        return revision;
    }

    private long InsertHistory(string name, HistoryDraft draft) => _insertHistory
        .With(HistoryType)
        .With(name)
        .With(draft.Username)
        .With(StoredTime.ToMicroseconds(draft.CreatedAt))
        .With(draft.Description)
        .With(JsonSerializer.Serialize(draft.Tags.Items))
        .With(draft.DocumentJson)
        .With(draft.Request?.Key)
        .With(draft.Request?.Digest)
        .ExecuteNumber();

    private void UpsertBackend(BackendRecord record) => _upsertBackend
        .With(record.Name.Value)
        .With(record.Revision)
        .With(BackendDocument.EditableJson(record))
        .With(record.Registration.ClusterUid)
        .With(record.Registration.Namespace)
        .With(record.Registration.AgentVersion)
        .With(record.Registration.Prefix.Value)
        .With(record.Registration.AgentLabelUpdates ? 1L : 0L)
        .With(StoredTime.ToMicroseconds(record.CreatedAt))
        .With(record.LastHeartbeat is { } heard ? StoredTime.ToMicroseconds(heard) : null)
        .With(StoredRecord.TextOf(record.Registration.Protocol))
        .Execute();

    private SqliteStatement Prepare(string sql)
    {
        var statement = new SqliteStatement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }
}
