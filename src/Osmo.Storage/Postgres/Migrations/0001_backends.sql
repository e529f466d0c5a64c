-- compatible-from: 4

-- Names are compared byte by byte, whatever the database's locale: the order is the same in every store and on every machine.

-- What this database is, for whoever has to tell it from another one. One row.
CREATE TABLE cluster (
  id uuid NOT NULL
);

INSERT INTO cluster (id) VALUES (gen_random_uuid());

-- The activation is the one of the backend's grain that may write: a random number, compared for equality only.
CREATE TABLE backend (
  name                text COLLATE "C" PRIMARY KEY,
  activation          bigint NOT NULL,
  revision            bigint NOT NULL,
  config              text NOT NULL,
  cluster_uid         text,
  namespace           text NOT NULL,
  agent_version       text NOT NULL,
  agent_protocol      text NOT NULL,
  prefix              text NOT NULL,
  agent_label_updates boolean NOT NULL,
  created_at          timestamptz NOT NULL,
  last_heartbeat      timestamptz
) WITH (fillfactor = 70);

-- What changes often is apart from what is large: a condition change rewrites a small row. The pages have room, so that it stays on its
-- page and no index changes. The version is the write that made the row: a random number, compared for equality only.
-- What agents that judge nodes themselves say once is here too: their verdict, the label as they saw it, what is in use as JSON text.
CREATE TABLE node (
  backend         text COLLATE "C" NOT NULL,
  name            text COLLATE "C" NOT NULL,
  version         bigint NOT NULL,
  uid             text NOT NULL,
  unschedulable   boolean NOT NULL,
  conditions      text NOT NULL,
  available       boolean NOT NULL,
  available_since timestamptz NOT NULL,
  agent_verdict   boolean,
  verified_label  text,
  usage           text,
  PRIMARY KEY (backend, name)
) WITH (fillfactor = 70);

CREATE TABLE node_facts (
  backend text COLLATE "C" NOT NULL,
  name    text COLLATE "C" NOT NULL,
  facts   text NOT NULL,
  PRIMARY KEY (backend, name)
);

-- Which messages of OSMO agents were taken. Apart from the backend's row: it changes often for a moment whenever an agent connects.
CREATE TABLE message_memory (
  backend text COLLATE "C" PRIMARY KEY,
  memory  bytea NOT NULL
) WITH (fillfactor = 50);

-- The fence of a write: holds the rows of its backends until the end of the transaction, in the order of their names, and refuses the
-- transaction if one of them has another activation than the writer's. Null stands for a backend that the writer creates: it must not
-- exist. A new activation that takes a backend over waits for the row; after it the writer is refused. Writes of nodes share the row,
-- changes of the backend itself do not. The failure's detail lists the claims that do not hold, as "name:activation".
CREATE FUNCTION fence(names text[], activations bigint[], exclusive boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  held bigint;
  lost text;
BEGIN
  FOR i IN 1 .. cardinality(names) LOOP
    IF exclusive THEN
      SELECT activation INTO held FROM backend WHERE name = names[i] FOR NO KEY UPDATE;
    ELSE
      SELECT activation INTO held FROM backend WHERE name = names[i] FOR SHARE;
    END IF;
    IF held IS DISTINCT FROM activations[i] THEN
      lost := concat_ws(',', lost, names[i] || ':' || coalesce(activations[i]::text, ''));
    END IF;
  END LOOP;
  IF lost IS NOT NULL THEN
    RAISE EXCEPTION 'a backend has another activation by now' USING ERRCODE = 'OM001', DETAIL = lost;
  END IF;
END
$$;
