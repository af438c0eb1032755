/** The end of every policy's form: saving it, and what came of that. */
import type { ReactNode } from "react";
import { Notice } from "@/parts/EmptyState.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import styles from "./policies.module.css";

type Props = {
  draft: { saving: boolean; saved: boolean; stale: boolean };
  denied: string | null;
  verb: string;
  /** What is told beside the button. */
  children?: ReactNode;
};

export function PolicyFoot({ draft, denied, verb, children }: Props) {
  return (
    <>
      {draft.stale ? (
        <Notice tone="warning">
          Somebody has changed this meanwhile. The form shows what holds now; what you entered was not saved.
        </Notice>
      ) : null}
      <div className={styles.foot}>
        <ReasonButton type="submit" loading={draft.saving} unavailable={denied}>
          {verb}
        </ReasonButton>
        {denied ? <span className="quiet">{denied}</span> : null}
        <span role="status">{draft.saved ? "Saved." : null}</span>
        {children}
      </div>
    </>
  );
}
