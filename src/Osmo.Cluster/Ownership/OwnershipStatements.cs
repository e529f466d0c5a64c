namespace Osmo.Cluster.Ownership;

/// <summary>
/// The statements about silos and shards. Whoever changes owners locks the rows first, in the order of their numbers, in a mode that
/// excludes the FOR SHARE of commits, and leaves out what is locked: nobody waits, and no two can wait for each other.
/// </summary>
internal static class OwnershipStatements
{
    /// <summary>The channel of notifications.</summary>
    public const string Channel = "osmo_shards";

    public const string Notify = "SELECT pg_notify('" + Channel + "', '')";

    /// <summary>Two starts of one id take turns: the later one must find the row of the earlier one.</summary>
    public const string LockId = "SELECT pg_advisory_xact_lock(hashtextextended('osmo silo ' || $1, 0))";

    public const string Supersede = "DELETE FROM silo WHERE id = $1";

    public const string Register = """
        INSERT INTO silo (id, address, version, protocol_version, engine, started_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp() + $6)
        RETURNING incarnation
        """;

    /// <summary>
    /// A renewal that a crash of the server forgets does no harm: nobody takes over until everybody had time to renew. So it need not wait
    /// for a disk or a standby that is slow.
    /// </summary>
    public const string WithoutSync = "SELECT set_config('synchronous_commit', 'off', true)";

    public const string Renew = """
        UPDATE silo SET expires_at = clock_timestamp() + $2, draining = $3, backends = $4, nodes = $5 WHERE incarnation = $1
        """;

    /// <summary>One statement, so that silos and shards are of one moment.</summary>
    public const string Read = """
        SELECT 0 AS incarnation, NULL AS id, NULL AS address, NULL AS version, NULL AS protocol_version, clock_timestamp() AS started_at,
          NULL AS lease_left, NULL AS draining, NULL AS backends, NULL AS nodes,
          array_agg(epoch ORDER BY number) AS epochs, array_agg(coalesce(owner, 0) ORDER BY number) AS owners
        FROM shard
        UNION ALL
        SELECT incarnation, id, address, version, protocol_version, started_at, expires_at - clock_timestamp(), draining, backends, nodes,
          NULL, NULL
        FROM silo
        ORDER BY incarnation
        """;

    public const string Claim = """
        WITH free AS (
          SELECT shard.number
          FROM shard JOIN unnest($2, $3) AS wanted (number, epoch) ON shard.number = wanted.number AND shard.epoch = wanted.epoch
          WHERE NOT EXISTS (SELECT FROM silo WHERE silo.incarnation = shard.owner AND expires_at > clock_timestamp())
            AND EXISTS (SELECT FROM silo WHERE silo.incarnation = $1 AND expires_at > clock_timestamp())
          ORDER BY shard.number FOR NO KEY UPDATE OF shard SKIP LOCKED),
        taken AS (
          UPDATE shard SET owner = $1, epoch = epoch + 1 FROM free WHERE shard.number = free.number RETURNING shard.number, shard.epoch)
        SELECT number, epoch, pg_notify('osmo_shards', '')::text FROM taken
        """;

    public const string Take = """
        WITH wanted AS (
          SELECT number FROM shard
          WHERE number = ANY ($2) AND EXISTS (SELECT FROM silo WHERE silo.incarnation = $1 AND expires_at > clock_timestamp())
          ORDER BY number FOR NO KEY UPDATE SKIP LOCKED),
        taken AS (
          UPDATE shard SET owner = $1, epoch = epoch + 1 FROM wanted WHERE shard.number = wanted.number
          RETURNING shard.number, shard.epoch)
        SELECT number, epoch, pg_notify('osmo_shards', '')::text FROM taken
        """;

    public const string HandOver = """
        WITH own AS (
          SELECT shard.number
          FROM shard JOIN unnest($2, $3) AS wanted (number, epoch) ON shard.number = wanted.number AND shard.epoch = wanted.epoch
          WHERE shard.owner = $1 AND EXISTS (SELECT FROM silo WHERE silo.incarnation = $4 AND expires_at > clock_timestamp())
          ORDER BY shard.number FOR NO KEY UPDATE OF shard SKIP LOCKED),
        given AS (
          UPDATE shard SET owner = $4, epoch = epoch + 1 FROM own WHERE shard.number = own.number RETURNING shard.number, shard.epoch)
        SELECT number, epoch, pg_notify('osmo_shards', '')::text FROM given
        """;

    public const string Free = """
        WITH own AS (SELECT number FROM shard WHERE owner = $1 ORDER BY number FOR NO KEY UPDATE SKIP LOCKED)
        UPDATE shard SET owner = NULL, epoch = epoch + 1 FROM own WHERE shard.number = own.number
        """;

    public const string Leave = "DELETE FROM silo WHERE incarnation = $1";

    public const string Forget = """
        DELETE FROM silo WHERE expires_at < clock_timestamp() - $1 AND NOT EXISTS (SELECT FROM shard WHERE owner = incarnation)
        """;

    public const string FindLost = """
        SELECT claim.number, claim.epoch
        FROM unnest($1, $2) AS claim (number, epoch) LEFT JOIN shard ON shard.number = claim.number
        WHERE shard.owner IS NULL OR shard.epoch <> claim.epoch
        """;
}
