-- Version 11 on PostgreSQL, whose triggers see all rows of a statement: counting them one by one would write the same
-- few rows thousands of times in a transaction, each version behind the one before. Whoever writes findings has the
-- company's import turn, so no two transactions wait for each other's rows.

CREATE TABLE finding_counts (
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  severity BIGINT NOT NULL,
  status TEXT NOT NULL,
  findings BIGINT NOT NULL,
  PRIMARY KEY (company_id, severity, status)
);
INSERT INTO finding_counts SELECT company_id, severity, status, count(*) FROM findings GROUP BY 1, 2, 3;

CREATE FUNCTION count_added_findings() RETURNS trigger LANGUAGE plpgsql AS $count$ BEGIN
  INSERT INTO finding_counts AS known
    SELECT company_id, severity, status, count(*) FROM added GROUP BY 1, 2, 3
    ON CONFLICT (company_id, severity, status) DO UPDATE SET findings = known.findings + excluded.findings;
  RETURN NULL;
END $count$;
CREATE FUNCTION count_changed_findings() RETURNS trigger LANGUAGE plpgsql AS $count$ BEGIN
  INSERT INTO finding_counts AS known
    SELECT company_id, severity, status, sum(one) FROM (
      SELECT company_id, severity, status, 1 AS one FROM added
      UNION ALL SELECT company_id, severity, status, -1 FROM removed) moved
    GROUP BY 1, 2, 3 HAVING sum(one) <> 0
    ON CONFLICT (company_id, severity, status) DO UPDATE SET findings = known.findings + excluded.findings;
  RETURN NULL;
END $count$;
-- Only what is known is counted down: with a company its counts are gone before its findings.
CREATE FUNCTION count_removed_findings() RETURNS trigger LANGUAGE plpgsql AS $count$ BEGIN
  UPDATE finding_counts known SET findings = known.findings - gone.findings FROM (
    SELECT company_id, severity, status, count(*) AS findings FROM removed GROUP BY 1, 2, 3) gone
  WHERE known.company_id = gone.company_id AND known.severity = gone.severity AND known.status = gone.status;
  RETURN NULL;
END $count$;

CREATE TRIGGER findings_added AFTER INSERT ON findings REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION count_added_findings();
CREATE TRIGGER findings_changed AFTER UPDATE ON findings REFERENCING NEW TABLE AS added OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION count_changed_findings();
CREATE TRIGGER findings_removed AFTER DELETE ON findings REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION count_removed_findings();
