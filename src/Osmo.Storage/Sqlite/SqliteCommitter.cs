using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Domain.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>Writes through one connection with prepared statements. Used by the writer's thread only.</summary>
internal sealed class SqliteCommitter : IDisposable
{
    private const string HistoryType = "BACKEND";

    private readonly SqliteConnection _connection;
    private readonly List<SqliteStatement> _statements = [];
    private readonly SqliteStatement _countBackend;
    private readonly SqliteStatement _upsertBackend;
    private readonly SqliteStatement _heartbeat;
    private readonly SqliteStatement _insertHistory;
    private readonly SqliteStatement _upsertMemory;
    private readonly SqliteStatement[] _deleteBackend;

    public SqliteCommitter(SqliteConnection connection, SqliteActivations activations)
    {
        _connection = connection;
        Activations = activations;
        Nodes = new SqliteNodeWriter(Prepare);
        _countBackend = Prepare("SELECT COUNT(*) FROM backend WHERE name = ?1");
        _upsertBackend = Prepare(
            """
            INSERT INTO backend
                (name, revision, config, cluster_uid, namespace, agent_version, agent_protocol, prefix, agent_label_updates, created_at,
                 last_heartbeat)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, config = excluded.config, cluster_uid = excluded.cluster_uid,
              namespace = excluded.namespace, agent_version = excluded.agent_version, agent_protocol = excluded.agent_protocol,
              prefix = excluded.prefix, agent_label_updates = excluded.agent_label_updates, created_at = excluded.created_at
            """);
        _heartbeat = Prepare("UPDATE backend SET last_heartbeat = ?2 WHERE name = ?1");
        _insertHistory = Prepare(
            """
            INSERT INTO config_history
                (config_type, revision, name, username, created_at, description, tags, document, request_key, request_digest)
            SELECT ?1, COALESCE(MAX(revision), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM config_history WHERE config_type = ?1
            RETURNING revision
            """);
        _upsertMemory = Prepare(
            """
            INSERT INTO message_memory (backend, memory) VALUES (?1, ?2)
            ON CONFLICT (backend) DO UPDATE SET memory = excluded.memory
            """);
        _deleteBackend =
        [
            Prepare("DELETE FROM node WHERE backend = ?1"),
            Prepare("DELETE FROM node_facts WHERE backend = ?1"),
            Prepare("DELETE FROM message_memory WHERE backend = ?1"),
            Prepare("DELETE FROM backend WHERE name = ?1"),
        ];
    }

    /// <summary>Which activation has which backend.</summary>
    public SqliteActivations Activations { get; }

    /// <summary>Writes rows of nodes.</summary>
    public SqliteNodeWriter Nodes { get; }

    /// <summary>Does all writes of a group in one transaction, one after the other.</summary>
    public void Write(IReadOnlyList<ISqliteWrite> group)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        foreach (var write in group)
        {
            write.Apply(this);
        }

        transaction.Commit();
    }

    /// <summary>Whether there is a backend of that name.</summary>
    public bool Exists(BackendName backend) => _countBackend.With(backend.Value).ExecuteNumber() > 0;

    /// <summary>Writes a change of a backend; false, and nothing is done, if its activation has not the backend.</summary>
    /// <param name="commit">The change.</param>
    /// <param name="revision">The revision that its history entry was given, or null.</param>
    public bool TryCommit(BackendCommit commit, out long? revision)
    {
        var name = commit.Backend.Value;
        revision = null;
        if (commit.Creates ? Exists(commit.Backend) : !Activations.MayWrite(name, commit.Activation))
        {
            return false;
        }

        revision = commit.History is { } draft ? InsertHistory(name, draft) : null;
        if (commit.Deleted)
        {
            Array.ForEach(_deleteBackend, statement => statement.With(name).Execute());
            Activations.Set(name, null);
            return true;
        }

        if (commit.Record is { } record)
        {
            UpsertBackend(record with { Revision = revision ?? record.Revision });
            if (commit.Creates)
            {
                Activations.Set(name, commit.Activation);
            }
        }

        if (commit.Heartbeat is { } heartbeat)
        {
            _heartbeat.With(name).With(StoredTime.ToMicroseconds(heartbeat)).Execute();
        }

        if (commit.MessageMemory is { } memory)
        {
            _upsertMemory.With(name).WithBlob(memory).Execute();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.ForEach(statement => statement.Dispose());
        Nodes.Dispose();

        // Not back into the pool: a connection is given up when it failed, and the next one must not be the same.
        SqliteConnection.ClearPool(_connection);
        _connection.Dispose();
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
        .With(StoredRecord.TextOf(record.Registration.Protocol))
        .With(record.Registration.Prefix.Value)
        .With(record.Registration.AgentLabelUpdates)
        .With(StoredTime.ToMicroseconds(record.CreatedAt))
        .With(record.LastHeartbeat is { } heard ? StoredTime.ToMicroseconds(heard) : null)
        .Execute();

    private SqliteStatement Prepare(string sql)
    {
        var statement = new SqliteStatement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }
}
