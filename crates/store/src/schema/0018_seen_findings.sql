-- Version 18. A run knows which findings it saw, in their order: what a scan shows is a part of a queue that may be far
-- larger.

CREATE TABLE seen_by_runs (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  -- That of the sighting.
  finding_id TEXT NOT NULL,
  sighting_id TEXT NOT NULL REFERENCES sightings (id) ON DELETE CASCADE,
  PRIMARY KEY (run_id, finding_id, sighting_id)
) STRICT_CLUSTERED;
INSERT INTO seen_by_runs (run_id, finding_id, sighting_id)
  SELECT l.run_id, s.finding_id, l.sighting_id FROM run_sightings l JOIN sightings s ON s.id = l.sighting_id
  ORDER BY l.run_id, s.finding_id, l.sighting_id;
DROP TABLE run_sightings;
ALTER TABLE seen_by_runs RENAME TO run_sightings;
CREATE UNIQUE INDEX run_sightings_sighting ON run_sightings (sighting_id, run_id);
