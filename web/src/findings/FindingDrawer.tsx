import { Button, Drawer } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { FindingDetail, FindingState } from "@/api/contract.ts";
import { findingKeys, findingQuery, judgeFinding } from "@/api/findings.ts";
import { Actor } from "@/parts/Actor.tsx";
import { CopyButton } from "@/parts/CopyButton.tsx";
import { Notice } from "@/parts/EmptyState.tsx";
import { Facts } from "@/parts/Facts.tsx";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SafeLink } from "@/parts/SafeLink.tsx";
import { SeverityMark } from "@/parts/SeverityMark.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { like } from "@/suppression/words.ts";
import { FindingComments } from "./FindingComments.tsx";
import { FindingOwner } from "./FindingOwner.tsx";
import { STATE_WORDS } from "./finding-filters.ts";
import styles from "./findings.module.css";
import { JudgementFields } from "./JudgementFields.tsx";
import { Due, Risk, RiskParts, Scores } from "./Rating.tsx";

const SuppressionDialog = onDemand(
  async () => (await import("@/suppression/SuppressionDialog.tsx")).SuppressionDialog,
);

export function FindingDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const finding = useQuery(findingQuery(id));
  const title = finding.data?.title ?? "Finding";
  return (
    <Drawer
      opened
      onClose={onClose}
      size={640}
      title={<span style={{ fontWeight: 600, overflowWrap: "anywhere" }}>{title}</span>}
    >
      {finding.data ? (
        <Detail finding={finding.data} />
      ) : finding.isError ? (
        <ProblemNotice
          error={finding.error}
          what="The finding could not be loaded."
          onRetry={() => void finding.refetch()}
        />
      ) : (
        <p className="quiet" aria-busy="true">
          Loading the finding
        </p>
      )}
    </Drawer>
  );
}

function Detail({ finding }: { finding: FindingDetail }) {
  return (
    <div className={styles.detail}>
      <Facts
        facts={[
          { label: "Severity", value: <SeverityMark severity={finding.severity} /> },
          { label: "Risk", value: <Risk finding={finding} /> },
          { label: "Due", value: finding.due_at ? <Due finding={finding} /> : null },
          { label: "Status", value: STATE_WORDS[finding.status] ?? finding.status },
          { label: "Owner", value: <FindingOwner key={finding.id} finding={finding} /> },
          {
            label: "Asset",
            value: finding.asset ? (
              <Link to="/assets/$assetId" params={{ assetId: finding.asset_id }} search={{}}>
                {finding.asset}
              </Link>
            ) : null,
          },
          {
            label: "Location",
            value: finding.location ? <span className="mono">{finding.location}</span> : null,
          },
          { label: "CVE", value: finding.cves.length > 0 ? <Cves cves={finding.cves} /> : null },
          {
            label: "CWE",
            value: finding.weaknesses.map(({ cwe, name }) => (name ? `${cwe} ${name}` : cwe)).join(", "),
          },
          {
            label: "Compliance",
            value: finding.compliance.length > 0 ? <Compliance tags={finding.compliance} /> : null,
          },
          { label: "First seen", value: <RelativeTime at={finding.first_seen_at} /> },
          { label: "Last seen", value: <RelativeTime at={finding.last_seen_at} /> },
        ]}
      />
      {finding.pending_approval ? (
        <Notice tone="warning">
          Asked for <RelativeTime at={finding.pending_approval.requested_at} />: to become{" "}
          {STATE_WORDS[finding.pending_approval.to].toLowerCase()}. Somebody else has to{" "}
          <Link to="/approvals" search={{}}>
            approve it
          </Link>
          .
        </Notice>
      ) : null}
      {finding.suppressed_by ? (
        <SuppressedBy rule={finding.suppressed_by} />
      ) : (
        <SuppressedInSource finding={finding} />
      )}
      <Judgement finding={finding} />
      <SuppressAlike finding={finding} />
      <RiskParts finding={finding} />
      <Scores finding={finding} />
      <FindingComments finding={finding.id} />
      <Prose title="Description" text={finding.description} />
      <Prose title="Solution" text={finding.solution} />
      {finding.evidence ? (
        <section>
          <h3>
            Evidence <CopyButton text={finding.evidence} what="evidence" />
          </h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <pre className={styles.evidence} tabIndex={0}>
            {finding.evidence}
          </pre>
        </section>
      ) : null}
      <Sightings finding={finding} />
      <Related finding={finding} />
      <Fingerprint finding={finding} />
      {finding.references.length > 0 ? (
        <section>
          <h3>References</h3>
          <ul className={styles.list}>
            {finding.references.map((address) => (
              <li key={address}>
                <SafeLink address={address} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {finding.history.length > 0 ? (
        <section>
          <h3>History</h3>
          <ul className={styles.list}>
            {finding.history.map((entry) => (
              <li key={`${entry.at} ${entry.message}`}>
                <RelativeTime at={entry.at} /> · {entry.message}
                <span className="quiet">
                  {" · "}
                  <Actor actor={entry.actor} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}

function SuppressedBy({ rule }: { rule: NonNullable<FindingDetail["suppressed_by"]> }) {
  return (
    <Notice tone="warning">
      Suppressed by the rule{" "}
      <Link to="/suppression-rules" search={{}}>
        {rule.name}
      </Link>{" "}
      of {rule.owner.name || rule.owner.email || "somebody who has left"}, until{" "}
      <RelativeTime at={rule.expires_at} />: {rule.reason}
    </Notice>
  );
}

const WAYS: Record<string, string> = {
  inline: "a comment in the source",
  config: "a rule of the project",
  baseline: "the baseline of the project",
};

/** By files of the project that was scanned, and not by anybody here: they change it, or somebody here judges it. */
function SuppressedInSource({ finding }: { finding: FindingDetail }) {
  if (finding.status !== "suppressed") return null;
  return finding.sightings.map(({ id, suppressed }) =>
    suppressed ? (
      <Notice key={id} tone="warning">
        Suppressed by {WAYS[suppressed.by] ?? suppressed.by}
        {suppressed.owner ? ` of ${suppressed.owner}` : ""}
        {suppressed.reason ? `: ${suppressed.reason}` : ""}
      </Notice>
    ) : null,
  );
}

function SuppressAlike({ finding }: { finding: FindingDetail }) {
  const [open, setOpen] = useState(false);
  const denied = usePermission("finding:approve");
  if (finding.status !== "open") return null;
  return (
    <div>
      <ReasonButton size="compact-sm" variant="subtle" unavailable={denied} onClick={() => setOpen(true)}>
        Suppress findings like this…
      </ReasonButton>
      {open ? <SuppressionDialog rule={null} draft={like(finding)} onClose={() => setOpen(false)} /> : null}
    </div>
  );
}

/** Each leads to all findings that have it. */
function Compliance({ tags }: { tags: FindingDetail["compliance"] }) {
  return tags.map(({ tag, framework, name, published }) => (
    <Link
      key={tag}
      to="/findings"
      search={{ compliance: [tag] }}
      title={`${framework}: ${name}${published ? "" : " (Scanhelm's own reading)"}`}
      style={{ marginRight: 8 }}
    >
      {tag}
    </Link>
  ));
}

function Cves({ cves }: { cves: string[] }) {
  return cves.map((cve) => (
    <Link key={cve} to="/findings" search={{ cve: [cve] }} style={{ marginRight: 8 }}>
      {cve}
    </Link>
  ));
}

function Judgement({ finding }: { finding: FindingDetail }) {
  const [to, setTo] = useState<FindingState | null>(null);
  const [reason, setReason] = useState("");
  const denied = usePermission("finding:triage");
  const cache = useQueryClient();
  const judgement = useMutation({
    mutationFn: (state: FindingState) => judgeFinding(finding.id, { to: state, reason: reason.trim() }),
    onSuccess: () => {
      setTo(null);
      setReason("");
      return cache.invalidateQueries({ queryKey: findingKeys.all });
    },
  });
  const errors = fieldErrors(judgement.error, ["to", "reason"]);
  if (denied) return <p className="quiet">{denied}</p>;
  return (
    <section>
      <h3>Your judgement</h3>
      <Form
        onSubmit={() => {
          if (to) judgement.mutate(to);
        }}
        error={judgement.error}
        errors={errors}
        failure="The status was not changed."
      >
        <JudgementFields
          from={finding.status}
          to={to}
          onTo={setTo}
          reason={reason}
          onReason={setReason}
          errors={errors}
        />
        <div>
          <Button type="submit" variant="default" loading={judgement.isPending}>
            Change status
          </Button>
        </div>
      </Form>
    </section>
  );
}

function Prose({ title, text }: { title: string; text: string | null | undefined }) {
  if (!text) return null;
  return (
    <section>
      <h3>{title}</h3>
      <p className={styles.prose}>{text}</p>
    </section>
  );
}

function Sightings({ finding }: { finding: FindingDetail }) {
  return (
    <section>
      <h3>Seen by</h3>
      <ul className={styles.list}>
        {finding.sightings.map((sighting) => (
          <li key={sighting.id}>
            <Link to="/findings" search={{ scanner: [sighting.scanner] }}>
              {sighting.scanner}
            </Link>{" "}
            <span className="mono">{sighting.rule_id}</span>
            {" in "}
            <Link to="/scans/$scanId" params={{ scanId: sighting.scan_id }} search={{}}>
              this scan
            </Link>
            <span className="quiet">
              {" · first "}
              <RelativeTime at={sighting.first_seen_at} />
              {", last "}
              <RelativeTime at={sighting.last_seen_at} />
              {sighting.authenticated ? " · logged in" : ""}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Findings of other scanners that are this weakness under other names. Each keeps its own status. */
function Related({ finding }: { finding: FindingDetail }) {
  if (finding.related.length === 0) return null;
  return (
    <section>
      <h3>Same weakness seen by</h3>
      <ul className={styles.list}>
        {finding.related.map((other) => (
          <li key={other.id}>
            {other.rules.map((rule) => (
              <span key={`${rule.scanner} ${rule.rule_id}`}>
                {rule.scanner} <span className="mono">{rule.rule_id}</span>{" "}
              </span>
            ))}
            <Link to="/findings" search={{ finding: [other.id] }}>
              {other.title}
            </Link>{" "}
            <SeverityMark severity={other.severity} /> · {STATE_WORDS[other.status] ?? other.status}
            <div className="quiet">
              {other.reason}
              {other.judged ? (
                <>
                  {" · judged "}
                  {STATE_WORDS[other.judged.state] ?? other.judged.state}
                  {" by "}
                  <Actor actor={other.judged.actor} />
                  {other.judged.reason ? `: ${other.judged.reason}` : ""}
                </>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Why two reports of this are one finding. */
function Fingerprint({ finding }: { finding: FindingDetail }) {
  return (
    <section>
      <h3>Why this is one finding</h3>
      <Facts
        facts={[
          ...finding.fingerprint_explained.map((part) => ({
            label: part.part,
            value: (
              <>
                <span className="mono">{part.value}</span>
                <span className="quiet"> {part.why}</span>
              </>
            ),
          })),
          {
            label: "Fingerprint",
            value: (
              <>
                <span className="mono">{finding.fingerprint}</span>{" "}
                <CopyButton text={finding.fingerprint} what="fingerprint" />
              </>
            ),
          },
        ]}
      />
    </section>
  );
}
