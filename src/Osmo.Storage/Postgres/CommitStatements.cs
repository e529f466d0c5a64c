namespace Osmo.Storage.Postgres;

/// <summary>The statements of a commit. Each writes all rows of its kind, which come as arrays.</summary>
internal static class CommitStatements
{
    public const string Fence = "SELECT fence($1, $2, true)";

    public const string DeleteBackends = "DELETE FROM backend WHERE name = ANY ($1)";

    public const string DeleteNodesOfBackends = "DELETE FROM node WHERE backend = ANY ($1)";

    public const string DeleteFactsOfBackends = "DELETE FROM node_facts WHERE backend = ANY ($1)";

    public const string DeleteMemoriesOfBackends = "DELETE FROM message_memory WHERE backend = ANY ($1)";

    public const string UpsertMemories =
        """
        INSERT INTO message_memory (backend, memory)
        SELECT * FROM unnest($1, $2)
        ON CONFLICT (backend) DO UPDATE SET memory = excluded.memory
        """;

    public const string Heartbeats =
        """
        UPDATE backend SET last_heartbeat = beat.at
        FROM unnest($1, $2) AS beat (name, at) WHERE backend.name = beat.name
        """;

    /// <summary>Takes the next $1 revisions, which nobody else gets or passes before this transaction ends.</summary>
    public const string InsertHistory =
        """
        WITH counter AS (
          UPDATE config_revision SET revision = revision + $1 WHERE config_type = 'BACKEND' RETURNING revision - $1 AS before)
        INSERT INTO config_history
          (config_type, revision, name, username, created_at, description, tags, document, request_key, request_digest)
        SELECT 'BACKEND', counter.before + entry.ordinal, entry.name, entry.username, entry.created_at, entry.description, entry.tags,
          entry.document, entry.request_key, entry.request_digest
        FROM counter, unnest($2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY
          AS entry (name, username, created_at, description, tags, document, request_key, request_digest, ordinal)
        RETURNING revision
        """;

    public const string InsertBackends =
        $"""
        INSERT INTO backend
          (name, activation, revision, config, cluster_uid, namespace, agent_version, agent_protocol, prefix, agent_label_updates,
           created_at, last_heartbeat)
        SELECT entry.name, entry.activation, {Revision}, entry.config, entry.cluster_uid, entry.namespace, entry.agent_version,
          entry.agent_protocol, entry.prefix, entry.agent_label_updates, entry.created_at, entry.last_heartbeat
        FROM {Records}
        """;

    public const string UpdateBackends =
        $"""
        UPDATE backend SET revision = {Revision}, config = entry.config, cluster_uid = entry.cluster_uid, namespace = entry.namespace,
          agent_version = entry.agent_version, agent_protocol = entry.agent_protocol, prefix = entry.prefix,
          agent_label_updates = entry.agent_label_updates, created_at = entry.created_at
        FROM {Records} WHERE backend.name = entry.name
        """;

    /// <summary>
    /// A record whose commit has an entry in the history gets the revision of the entry: back tells how many places before the last one
    /// that is, and is null if the record keeps its revision.
    /// </summary>
    private const string Revision = "COALESCE(counter.revision - entry.back, entry.revision)";

    private const string Records =
        """
        (SELECT revision FROM config_revision WHERE config_type = 'BACKEND') AS counter,
          unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS entry
            (name, activation, back, revision, config, cluster_uid, namespace, agent_version, agent_protocol, prefix,
             agent_label_updates, created_at, last_heartbeat)
        """;
}
