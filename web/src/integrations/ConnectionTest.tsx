import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { CheckStep, Integration } from "@/api/contract.ts";
import { testIntegration } from "@/api/integrations.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./integrations.module.css";

/** Walks the way to the scanner step by step and says at which one it ends and how to mend it. */
export function ConnectionTest({ integration }: { integration: Integration }) {
  const test = useMutation({ mutationFn: () => testIntegration(integration.id) });
  return (
    <section>
      <div className={styles.buttons} style={{ marginBottom: 8 }}>
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          Test connection
        </Button>
      </div>
      {test.isError ? <ProblemNotice error={test.error} what="The test could not be run." /> : null}
      {test.data ? (
        <>
          <p role="status">{test.data.ok ? "Every step passed." : "The connection does not work yet."}</p>
          <ol className={styles.steps} aria-label="Test steps">
            {test.data.steps.map((step) => (
              <Step key={step.step} step={step} />
            ))}
          </ol>
        </>
      ) : null}
    </section>
  );
}

const STEP_WORDS: Record<string, string> = {
  dns: "DNS",
  tcp: "TCP",
  tls: "TLS",
  auth: "Sign-in",
  permissions: "Permissions",
  version: "Version",
};

function Step({ step }: { step: CheckStep }) {
  const [mark, word, color] = step.ok
    ? ["✓", "passed", "var(--status-completed)"]
    : ["✕", "failed", "var(--status-failed)"];
  return (
    <li>
      <span style={{ color }} aria-hidden="true">
        {mark}
      </span>
      <span>{STEP_WORDS[step.step] ?? step.step}</span>
      <span>
        <span style={{ color }}>{word}</span>
        {step.detail ? `: ${step.detail}` : ""} {step.fix ? <strong>{step.fix}</strong> : null}
      </span>
    </li>
  );
}
