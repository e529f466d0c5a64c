-- compatible-from: 1

-- Names are compared byte by byte, whatever the database's locale: the order is the same in every store and on every machine.

CREATE TABLE backend (
  name                text COLLATE "C" PRIMARY KEY,
  revision            bigint NOT NULL,
  config              text NOT NULL,
  cluster_uid         text,
  namespace           text NOT NULL,
  agent_version       text NOT NULL,
  prefix              text NOT NULL,
  agent_label_updates boolean NOT NULL,
  created_at          timestamptz NOT NULL,
  last_heartbeat      timestamptz
) WITH (fillfactor = 70);

-- One row a change, with the document of what changed and not of everything: the complete configuration at a revision is
-- the newest document of each name up to it. Documents are text because they are given back byte for byte.
CREATE TABLE config_history (
  config_type    text COLLATE "C" NOT NULL,
  revision       bigint NOT NULL,
  name           text COLLATE "C" NOT NULL,
  username       text NOT NULL,
  created_at     timestamptz NOT NULL,
  description    text NOT NULL,
  tags           jsonb NOT NULL,
  document       text,
  request_key    text,
  request_digest bigint,
  PRIMARY KEY (config_type, revision)
);

CREATE INDEX config_history_by_name ON config_history (config_type, name, revision);

-- The last revision given. A sequence would leave gaps and would number changes in another order than they are committed in: whoever
-- takes a number holds this row until the commit.
CREATE TABLE config_revision (
  config_type text COLLATE "C" PRIMARY KEY,
  revision    bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

INSERT INTO config_history (config_type, revision, name, username, created_at, description, tags)
VALUES ('BACKEND', 1, '', 'system', now(), 'Initial configuration', '["initial-config"]');
INSERT INTO config_revision (config_type, revision) VALUES ('BACKEND', 1);

-- What changes often is apart from what is large: a condition change rewrites a small row. The pages have room, so that it stays on its
-- page and no index changes.
CREATE TABLE node (
  backend       text COLLATE "C" NOT NULL,
  name          text COLLATE "C" NOT NULL,
  uid           text NOT NULL,
  unschedulable boolean NOT NULL,
  conditions    text NOT NULL,
  PRIMARY KEY (backend, name)
) WITH (fillfactor = 70);

CREATE TABLE node_facts (
  backend text COLLATE "C" NOT NULL,
  name    text COLLATE "C" NOT NULL,
  facts   text NOT NULL,
  PRIMARY KEY (backend, name)
);
