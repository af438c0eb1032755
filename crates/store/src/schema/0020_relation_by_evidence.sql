-- Version 20. What a check that combines several weaknesses is related by is read from its evidence: every group anew.

INSERT INTO relation_due (asset_id, company_id, due_at) SELECT id, company_id, 0 FROM assets WHERE 1 = 1
  ON CONFLICT (asset_id) DO UPDATE SET due_at = 0;
