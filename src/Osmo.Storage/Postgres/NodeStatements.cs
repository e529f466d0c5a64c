namespace Osmo.Storage.Postgres;

/// <summary>
/// The statements of a group of nodes' changes. Each writes all rows of its kind, which come as arrays, and answers how many it wrote and,
/// if those were not all, which ones.
/// </summary>
internal static class NodeStatements
{
    public const string Fence = "SELECT fence($1, $2, false)";

    public const string Update =
        $"""
        WITH done AS (
          UPDATE node SET version = entry.version, uid = entry.uid, unschedulable = entry.unschedulable, conditions = entry.conditions,
            available = entry.available, available_since = entry.available_since, agent_verdict = entry.agent_verdict,
            verified_label = entry.verified_label, usage = entry.usage
          FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS entry
            (backend, name, expected, version, uid, unschedulable, conditions, available, available_since, agent_verdict, verified_label,
             usage)
          WHERE node.backend = entry.backend AND node.name = entry.name AND node.version = entry.expected
          RETURNING node.backend, node.name)
        {Answer}
        """;

    public const string Insert =
        $"""
        WITH done AS (
          INSERT INTO node
            (backend, name, version, uid, unschedulable, conditions, available, available_since, agent_verdict, verified_label, usage)
          SELECT backend, name, version, uid, unschedulable, conditions, available, available_since, agent_verdict, verified_label, usage
          FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS entry
            (backend, name, expected, version, uid, unschedulable, conditions, available, available_since, agent_verdict, verified_label,
             usage)
          ON CONFLICT DO NOTHING
          RETURNING node.backend, node.name)
        {Answer}
        """;

    public const string Delete =
        $"""
        WITH done AS (
          DELETE FROM node USING unnest($1, $2, $3) AS entry (backend, name, expected)
          WHERE node.backend = entry.backend AND node.name = entry.name AND node.version = entry.expected
          RETURNING node.backend, node.name),
        facts AS (
          DELETE FROM node_facts USING done WHERE node_facts.backend = done.backend AND node_facts.name = done.name)
        {Answer}
        """;

    /// <summary>Of the rows that have just been written.</summary>
    public const string Facts =
        """
        INSERT INTO node_facts (backend, name, facts)
        SELECT entry.backend, entry.name, entry.facts
        FROM unnest($1, $2, $3, $4) AS entry (backend, name, version, facts)
          JOIN node ON node.backend = entry.backend AND node.name = entry.name AND node.version = entry.version
        ON CONFLICT (backend, name) DO UPDATE SET facts = excluded.facts
        """;

    private const string Answer =
        "SELECT count(*), CASE WHEN count(*) < cardinality($1) THEN array_agg(backend || '/' || name) END FROM done";
}
