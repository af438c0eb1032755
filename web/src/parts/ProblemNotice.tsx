/** What happened, what to do, and the request id to hand to whoever runs the hub. */
import { Button } from "@mantine/core";
import { ApiError } from "@/api/client.ts";
import { CopyButton } from "./CopyButton.tsx";
import styles from "./Notice.module.css";

type Props = { error: unknown; what: string; onRetry?: () => void };

export function ProblemNotice({ error, what, onRetry }: Props) {
  const { detail, requestId, wait } = describe(error);
  return (
    <div className={styles.problem} role="alert">
      <p>
        <strong>{what}</strong> {detail}
      </p>
      {wait !== null ? <p className="quiet">The hub asks to wait {wait} s before the next try.</p> : null}
      <div className={styles.foot}>
        {onRetry ? (
          <Button variant="default" onClick={onRetry}>
            Retry
          </Button>
        ) : null}
        {requestId ? (
          <span className="quiet">
            Request <span className="mono">{requestId}</span>{" "}
            <CopyButton text={requestId} what="request id" />
          </span>
        ) : null}
      </div>
    </div>
  );
}

function describe(error: unknown): { detail: string; requestId: string | null; wait: number | null } {
  if (error instanceof ApiError) {
    return { detail: error.message, requestId: error.requestId, wait: error.retryAfterSeconds };
  }
  const detail = error instanceof Error ? error.message : "The console met something it did not expect.";
  return { detail, requestId: null, wait: null };
}
