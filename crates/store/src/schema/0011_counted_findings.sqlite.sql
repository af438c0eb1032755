-- Version 11 on SQLite, which fires triggers row by row.

CREATE TABLE finding_counts (
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  severity BIGINT NOT NULL,
  status TEXT NOT NULL,
  findings BIGINT NOT NULL,
  PRIMARY KEY (company_id, severity, status)
) STRICT_CLUSTERED;
INSERT INTO finding_counts SELECT company_id, severity, status, count(*) FROM findings GROUP BY 1, 2, 3;

CREATE TRIGGER findings_added AFTER INSERT ON findings BEGIN
  INSERT INTO finding_counts VALUES (NEW.company_id, NEW.severity, NEW.status, 1)
    ON CONFLICT DO UPDATE SET findings = findings + 1;
END;
CREATE TRIGGER findings_changed AFTER UPDATE OF severity, status ON findings
WHEN NEW.severity <> OLD.severity OR NEW.status <> OLD.status BEGIN
  UPDATE finding_counts SET findings = findings - 1
    WHERE company_id = OLD.company_id AND severity = OLD.severity AND status = OLD.status;
  INSERT INTO finding_counts VALUES (NEW.company_id, NEW.severity, NEW.status, 1)
    ON CONFLICT DO UPDATE SET findings = findings + 1;
END;
CREATE TRIGGER findings_removed AFTER DELETE ON findings BEGIN
  UPDATE finding_counts SET findings = findings - 1
    WHERE company_id = OLD.company_id AND severity = OLD.severity AND status = OLD.status;
END;
