/** Shows what a decision is about before it is made, and takes the reason. */
import { TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Approval } from "@/api/contract.ts";
import { findingKeys } from "@/api/findings.ts";
import { approvalFindingsQuery, approvalKeys, type Decision, decide } from "@/api/triage.ts";
import { STATE_WORDS } from "@/findings/finding-filters.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { SeverityMark } from "@/parts/SeverityMark.tsx";
import styles from "./approvals.module.css";

const WORDS: Record<Decision, { title: string; verb: string; failure: string }> = {
  approve: { title: "Approve", verb: "Approve", failure: "It was not approved." },
  reject: { title: "Reject", verb: "Reject", failure: "It was not rejected." },
  withdraw: { title: "Withdraw the request", verb: "Withdraw", failure: "It was not withdrawn." },
};

type Props = { approval: Approval; decision: Decision; onClose: () => void };

export function DecisionDialog({ approval, decision, onClose }: Props) {
  const [reason, setReason] = useState("");
  const cache = useQueryClient();
  const findings = useQuery(approvalFindingsQuery(approval.id));
  const { title, verb, failure } = WORDS[decision];
  const rows = findings.data?.items ?? [];
  const more = approval.findings - rows.length;
  return (
    <ConfirmDialog
      title={title}
      verb={verb}
      failure={failure}
      keep="Cancel"
      harmless={decision !== "reject"}
      act={async () => {
        await decide(approval.id, decision, reason.trim());
        await Promise.all([
          cache.invalidateQueries({ queryKey: approvalKeys.all }),
          cache.invalidateQueries({ queryKey: findingKeys.all }),
        ]);
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        To {STATE_WORDS[approval.to].toLowerCase()}: {approval.reason}
      </p>
      {findings.isError ? (
        <ProblemNotice error={findings.error} what="Its findings could not be loaded." />
      ) : null}
      <ul className={styles.findings}>
        {rows.map((row) => (
          <li key={row.fingerprint}>
            {row.finding ? (
              <>
                <SeverityMark severity={row.finding.severity} /> {row.finding.title}
                <span className="quiet"> {row.finding.location}</span>
              </>
            ) : (
              <span className="mono">{row.fingerprint}</span>
            )}
          </li>
        ))}
        {more > 0 && findings.isSuccess ? <li className="quiet">and {more.toLocaleString()} more</li> : null}
      </ul>
      {decision === "withdraw" ? null : (
        <TextInput
          aria-label="Reason"
          placeholder={decision === "reject" ? "Reason (required)" : "Reason"}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
    </ConfirmDialog>
  );
}
