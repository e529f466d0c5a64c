-- Which request made a change, so that a repetition of it is recognized.

ALTER TABLE config_history ADD COLUMN request_key TEXT;
ALTER TABLE config_history ADD COLUMN request_digest INTEGER;
