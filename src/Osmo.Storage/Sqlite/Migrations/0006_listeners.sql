-- What agents say that judge nodes themselves: their verdict, and what is in use as JSON text.
ALTER TABLE node ADD COLUMN agent_verdict INTEGER;
ALTER TABLE node ADD COLUMN usage TEXT;

-- How the backend's agent speaks.
ALTER TABLE backend ADD COLUMN agent_protocol TEXT NOT NULL DEFAULT 'channel';

-- Which of such agents' messages were taken.
CREATE TABLE message_memory (
  backend TEXT PRIMARY KEY,
  memory  BLOB NOT NULL
) WITHOUT ROWID;
