-- compatible-from: 1

-- Who may write: the owner of a shard is the incarnation of a silo, and every change of it adds 1 to the epoch.
CREATE TABLE shard (
  number int PRIMARY KEY,
  epoch  bigint NOT NULL,
  owner  bigint
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

INSERT INTO shard (number, epoch) SELECT number, 0 FROM generate_series(0, 255) AS number;

-- The silos that live. A silo has one lease, until expires_at by this database's clock, and holds all of its shards under it.
CREATE SEQUENCE silo_incarnation;

CREATE TABLE silo (
  incarnation      bigint PRIMARY KEY DEFAULT nextval('silo_incarnation'),
  id               text NOT NULL,
  address          text NOT NULL,
  version          text NOT NULL,
  protocol_version int NOT NULL,
  started_at       timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL,
  draining         boolean NOT NULL DEFAULT false,
  backends         int NOT NULL DEFAULT 0,
  nodes            bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

ALTER SEQUENCE silo_incarnation OWNED BY silo.incarnation;
CREATE INDEX silo_by_id ON silo (id);

-- What this database is, for whoever has to tell it from another one. One row.
CREATE TABLE cluster (
  id     uuid NOT NULL,
  shards int NOT NULL
);

INSERT INTO cluster (id, shards) SELECT gen_random_uuid(), count(*) FROM shard;

-- The fence of a commit: holds the rows of its shards until the end of the transaction, in the order of their numbers, and refuses the
-- transaction where one has no owner or another epoch than the writer believes. A change of owner waits for the rows; after it the
-- writer is refused. The failure's detail lists the claims that do not hold, as "shard:epoch".
CREATE FUNCTION fence(shards int[], epochs bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  lost text;
BEGIN
  WITH held AS MATERIALIZED (
    SELECT number, epoch, owner FROM shard WHERE number = ANY (shards) ORDER BY number FOR SHARE)
  SELECT string_agg(claim.number || ':' || claim.epoch, ',') INTO lost
  FROM unnest(shards, epochs) AS claim (number, epoch) LEFT JOIN held USING (number)
  WHERE held.owner IS NULL OR held.epoch <> claim.epoch;
  IF lost IS NOT NULL THEN
    RAISE EXCEPTION 'a shard belongs to another silo by now' USING ERRCODE = 'OM001', DETAIL = lost;
  END IF;
END
$$;
