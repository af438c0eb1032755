/** What a rule matches, in words; and what a finding like this one would match. */
import type { FindingDetail, SuppressionExpression } from "@/api/contract.ts";
import { SEVERITY_WORDS } from "@/parts/SeverityMark.tsx";

const list = (what: string, entries: readonly (string | number)[] | undefined) =>
  entries && entries.length > 0 ? `${what} ${entries.join(", ")}` : null;

const one = (what: string, text: string | null | undefined) => (text ? `${what} ${text}` : null);

export function conditions(expression: SuppressionExpression): string {
  const worst = expression.max_severity;
  const assets = expression.asset_ids?.length ?? 0;
  const parts = [
    list("scanner", expression.scanners),
    list("rule", expression.rules),
    list("", expression.cves)?.trim(),
    list("CWE", expression.cwes),
    worst ? `at most ${SEVERITY_WORDS[worst].toLowerCase()}` : null,
    assets > 0 ? `${assets.toLocaleString()} chosen ${assets === 1 ? "asset" : "assets"}` : null,
    list("tag", expression.asset_tags),
    one("asset", expression.asset_name),
    one("location", expression.location),
    one("title with", expression.title),
    one("package", expression.package),
  ];
  return parts.filter((part) => part).join("; ");
}

/** What its scanners call it, on its asset: narrow, to be widened by whoever knows better. */
export function like(finding: FindingDetail): SuppressionExpression {
  const seen = finding.sightings.filter((sighting) => sighting.state === "seen");
  const unique = (texts: string[]) => [...new Set(texts)];
  return {
    scanners: unique(seen.map((sighting) => sighting.scanner)),
    rules: unique(seen.map((sighting) => sighting.rule_id)),
    asset_name: finding.asset ?? null,
  };
}

/** Without what was left empty. */
export function filled(expression: SuppressionExpression): SuppressionExpression {
  const given = Object.entries(expression).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== "",
  );
  return Object.fromEntries(given);
}
