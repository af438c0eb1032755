import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { SuppressionExpression } from "@/api/contract.ts";
import { previewSuppression } from "@/api/suppression.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { SeverityMark } from "@/parts/SeverityMark.tsx";
import styles from "./suppression.module.css";

/** How many findings the rule would suppress now; asked for, as it looks at many. */
export function SuppressionPreview({ expression }: { expression: SuppressionExpression }) {
  const preview = useMutation({ mutationFn: () => previewSuppression(expression) });
  const shown = preview.data;
  return (
    <div className={styles.preview} aria-live="polite">
      <Button
        variant="default"
        size="compact-sm"
        loading={preview.isPending}
        onClick={() => preview.mutate()}
      >
        Preview
      </Button>
      {preview.isError ? (
        <ProblemNotice error={preview.error} what="It cannot be told what this matches." />
      ) : null}
      {shown ? (
        <>
          <p>
            {shown.matched.toLocaleString()} open {shown.matched === 1 ? "finding matches" : "findings match"}
            {shown.complete ? "." : `, of the first ${shown.looked_at.toLocaleString()} that were looked at.`}
          </p>
          <ul className={styles.findings}>
            {shown.findings.map((finding) => (
              <li key={finding.id}>
                <SeverityMark severity={finding.severity} /> {finding.title}{" "}
                <span className="quiet mono">{finding.location}</span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}
