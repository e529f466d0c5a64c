using Osmo.Domain.Nodes;
using Osmo.Grains.Storage;

namespace Osmo.Storage.Sqlite;

/// <summary>Writes rows of nodes, each with the version that it has to have. Used by the writer's thread only.</summary>
internal sealed class SqliteNodeWriter : IDisposable
{
    private readonly NodeJson _json = new();
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _update;
    private readonly SqliteStatement _delete;
    private readonly SqliteStatement _upsertFacts;
    private readonly SqliteStatement _deleteFacts;

    /// <param name="prepare">Prepares a statement, which whoever gives this disposes of.</param>
    public SqliteNodeWriter(Func<string, SqliteStatement> prepare)
    {
        _insert = prepare(
            """
            INSERT INTO node
              (backend, name, version, uid, unschedulable, conditions, available, available_since, agent_verdict, verified_label, usage)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT DO NOTHING
            """);
        _update = prepare(
            """
            UPDATE node SET version = ?3, uid = ?4, unschedulable = ?5, conditions = ?6, available = ?7, available_since = ?8,
              agent_verdict = ?9, verified_label = ?10, usage = ?11
            WHERE backend = ?1 AND name = ?2 AND version = ?12
            """);
        _delete = prepare("DELETE FROM node WHERE backend = ?1 AND name = ?2 AND version = ?3");
        _upsertFacts = prepare(
            """
            INSERT INTO node_facts (backend, name, facts) VALUES (?1, ?2, ?3)
            ON CONFLICT (backend, name) DO UPDATE SET facts = excluded.facts
            """);
        _deleteFacts = prepare("DELETE FROM node_facts WHERE backend = ?1 AND name = ?2");
    }

    /// <summary>Writes or deletes a row; false, and nothing is done, if it is not at the version that is expected.</summary>
    public bool TryWrite(NodeWrite write)
    {
        var backend = write.Backend.Value;
        if (write.Next is not { } node)
        {
            if (_delete.With(backend).With(write.Node).With(write.Expected).ExecuteChange() == 0)
            {
                return false;
            }

            _deleteFacts.With(backend).With(write.Node).Execute();
            return true;
        }

        var isNew = write.Expected == 0;
        var statement = Bind(isNew ? _insert : _update, backend, write.Node, node);
        if ((isNew ? statement : statement.With(write.Expected)).ExecuteChange() == 0)
        {
            return false;
        }

        // A new row always has facts.
        if (write.FactsChanged || isNew)
        {
            _upsertFacts.With(backend).With(write.Node).With(_json.Facts(node.Facts)).Execute();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private SqliteStatement Bind(SqliteStatement statement, string backend, string name, NodeSnapshot node)
    {
        statement.With(backend).With(name).With(node.Version).With(node.Uid).With(node.Unschedulable)
            .With(_json.Conditions(node.Conditions))
            .With(node.Available).With(StoredTime.ToMicroseconds(node.AvailableSince));
        _ = node.AgentVerdict is { } verdict ? statement.With(verdict) : statement.With((long?)null);
        statement.With(node.StoredLabel);
        return node.Usage is { } usage ? statement.With(_json.Usage(usage)) : statement.With((string?)null);
    }
}
