-- Version 5. Scans are looked up by the change that asked for them and by their assessment run.

CREATE INDEX scans_commit ON scans (company_id, commit_sha) WHERE commit_sha IS NOT NULL;
CREATE INDEX scans_assessment_run ON scans (company_id, assessment_run_id) WHERE assessment_run_id IS NOT NULL;
