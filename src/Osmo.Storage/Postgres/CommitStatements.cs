namespace Osmo.Storage.Postgres;

/// <summary>The statements of a commit. Each writes all rows of its kind, which come as arrays.</summary>
internal static class CommitStatements
{
    public const string Fence = "SELECT fence($1, $2)";

    public const string DeleteBackends = "DELETE FROM backend WHERE name = ANY ($1)";

    public const string DeleteNodesOfBackends = "DELETE FROM node WHERE backend = ANY ($1)";

    public const string DeleteFactsOfBackends = "DELETE FROM node_facts WHERE backend = ANY ($1)";

    public const string DeleteMemoriesOfBackends = "DELETE FROM message_memory WHERE backend = ANY ($1)";

    public const string DeleteNodes =
        """
        DELETE FROM node USING unnest($1, $2) AS gone (backend, name)
        WHERE node.backend = gone.backend AND node.name = gone.name
        """;

    public const string DeleteFacts =
        """
        DELETE FROM node_facts USING unnest($1, $2) AS gone (backend, name)
        WHERE node_facts.backend = gone.backend AND node_facts.name = gone.name
        """;

    public const string UpsertNodes =
        """
        INSERT INTO node (backend, name, uid, unschedulable, conditions, agent_verdict, verified_label, usage)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (backend, name) DO UPDATE
        SET uid = excluded.uid, unschedulable = excluded.unschedulable, conditions = excluded.conditions,
          agent_verdict = excluded.agent_verdict, verified_label = excluded.verified_label, usage = excluded.usage
        """;

    public const string UpsertFacts =
        """
        INSERT INTO node_facts (backend, name, facts)
        SELECT * FROM unnest($1, $2, $3)
        ON CONFLICT (backend, name) DO UPDATE SET facts = excluded.facts
        """;

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

    /// <summary>
    /// A record whose commit has an entry in the history gets the revision of the entry: $2 tells how many places before the last one
    /// that is, and is null where the record keeps the revision in $3.
    /// </summary>
    public const string UpsertBackends =
        """
        INSERT INTO backend
          (name, revision, config, cluster_uid, namespace, agent_version, prefix, agent_label_updates, created_at, last_heartbeat,
           agent_protocol)
        SELECT entry.name, COALESCE(counter.revision - entry.back, entry.revision), entry.config, entry.cluster_uid, entry.namespace,
          entry.agent_version, entry.prefix, entry.agent_label_updates, entry.created_at, entry.last_heartbeat, entry.agent_protocol
        FROM (SELECT revision FROM config_revision WHERE config_type = 'BACKEND') AS counter,
          unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS entry
            (name, back, revision, config, cluster_uid, namespace, agent_version, prefix, agent_label_updates, created_at, last_heartbeat,
             agent_protocol)
        ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, config = excluded.config, cluster_uid = excluded.cluster_uid,
          namespace = excluded.namespace, agent_version = excluded.agent_version, prefix = excluded.prefix,
          agent_label_updates = excluded.agent_label_updates, created_at = excluded.created_at, agent_protocol = excluded.agent_protocol
        """;
}
