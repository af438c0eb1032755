/** What is known of a finding beyond its scanner, and what follows from it. */
import type { Finding, FindingDetail } from "@/api/contract.ts";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import styles from "./findings.module.css";

const PART_WORDS: Record<string, string> = {
  impact: "Impact",
  asset: "Asset",
  epss: "EPSS",
  kev: "KEV",
};

const SLA_WORDS = { met: "In time", missed: "Too late", waived: "Waived" };

/** The score, and whether it is known to be exploited. */
export function Risk({ finding }: { finding: Pick<Finding, "risk" | "kev" | "epss"> }) {
  return (
    <span>
      {finding.kev ? (
        <abbr className={styles.kev} title="Known to be exploited (CISA)">
          KEV
        </abbr>
      ) : null}
      {finding.risk}
    </span>
  );
}

/** Until when it should be gone, or whether it was in time. */
export function Due({ finding }: { finding: Pick<Finding, "due_at" | "sla"> }) {
  const { due_at, sla } = finding;
  if (!due_at) return "—";
  if (sla === "met" || sla === "missed" || sla === "waived") return SLA_WORDS[sla];
  return (
    <span className={sla === "overdue" ? styles.overdue : undefined}>
      {sla === "overdue" ? "Overdue · " : null}
      <RelativeTime at={due_at} />
    </span>
  );
}

export function RiskParts({ finding }: { finding: FindingDetail }) {
  return (
    <section>
      <h3>Why this risk</h3>
      <ul className={styles.list}>
        {finding.risk_parts.map(({ part, points, because }) => (
          <li key={part}>
            {PART_WORDS[part] ?? part} {points < 0 ? points : `+${points}`}
            <span className="quiet"> · {because}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Vectors with what they come to here, and what their source says they come to. */
export function Scores({ finding }: { finding: FindingDetail }) {
  if (finding.scores.length === 0) return null;
  return (
    <section>
      <h3>CVSS</h3>
      <ul className={styles.list}>
        {finding.scores.map(({ source, cve, version, vector, computed, stated }) => (
          <li key={`${source} ${cve ?? ""} ${version} ${vector ?? stated}`}>
            {cve ? `${source} (${cve})` : source} · {version} · {computed ?? "not computed"}
            {stated === null || stated === undefined ? null : (
              <span className="quiet"> · states {stated}</span>
            )}
            {vector ? <div className="mono">{vector}</div> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
