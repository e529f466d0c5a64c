-- compatible-from: 1

-- Revisions may be hidden from the history, and the other types of configuration have theirs beside BACKEND: each row of those holds the
-- complete document of its type.

ALTER TABLE config_history ADD COLUMN deleted_at timestamptz;
ALTER TABLE config_history ADD COLUMN deleted_by text;

CREATE INDEX config_history_by_time ON config_history (created_at);

-- The grains of backends remember the requests that changed them; for the other types this does.
CREATE UNIQUE INDEX config_history_by_request ON config_history (config_type, request_key)
  WHERE config_type <> 'BACKEND' AND request_key IS NOT NULL;

INSERT INTO config_revision (config_type, revision) VALUES
  ('BACKEND_TEST', 0), ('DATASET', 0), ('GROUP_TEMPLATE', 0), ('POD_TEMPLATE', 0), ('POOL', 0), ('RESOURCE_VALIDATION', 0), ('ROLE', 0),
  ('SERVICE', 0), ('WORKFLOW', 0);
