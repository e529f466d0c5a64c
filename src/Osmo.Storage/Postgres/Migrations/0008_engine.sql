-- compatible-from: 1

-- What decides which silo runs what. Silos of two engines must not live side by side: each would take what the other one owns.
ALTER TABLE silo ADD COLUMN engine text NOT NULL DEFAULT 'postgresql';
