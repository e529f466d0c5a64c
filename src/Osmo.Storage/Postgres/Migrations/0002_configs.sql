-- compatible-from: 4

-- One row a change. A row of BACKEND has the document of the backend that changed and not of everything: the complete configuration at a
-- revision is the newest document of each name up to it. Rows of the other types hold the complete document of their type. Documents
-- are text because they are given back byte for byte. A row may be hidden from the history, and then says since when and by whom.
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
  deleted_at     timestamptz,
  deleted_by     text,
  PRIMARY KEY (config_type, revision)
);

CREATE INDEX config_history_by_name ON config_history (config_type, name, revision);
CREATE INDEX config_history_by_time ON config_history (created_at);

-- The grains of backends remember the requests that changed them; for the other types this does.
CREATE UNIQUE INDEX config_history_by_request ON config_history (config_type, request_key)
  WHERE config_type <> 'BACKEND' AND request_key IS NOT NULL;

-- The last revision given. A sequence would leave gaps and would number changes in another order than they are committed in: whoever
-- takes a number holds this row until the commit.
CREATE TABLE config_revision (
  config_type text COLLATE "C" PRIMARY KEY,
  revision    bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

INSERT INTO config_history (config_type, revision, name, username, created_at, description, tags)
VALUES ('BACKEND', 1, '', 'system', now(), 'Initial configuration', '["initial-config"]');

INSERT INTO config_revision (config_type, revision) VALUES
  ('BACKEND', 1), ('BACKEND_TEST', 0), ('DATASET', 0), ('GROUP_TEMPLATE', 0), ('POD_TEMPLATE', 0), ('POOL', 0),
  ('RESOURCE_VALIDATION', 0), ('ROLE', 0), ('SERVICE', 0), ('WORKFLOW', 0);
