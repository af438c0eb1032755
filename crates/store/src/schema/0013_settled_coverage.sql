-- Version 13. What a run covered counts once all its records are in; of those before this version that is so.

ALTER TABLE coverage ADD COLUMN settled BIGINT NOT NULL DEFAULT 1 CHECK (settled IN (0, 1));
