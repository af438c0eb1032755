import { Button } from "@mantine/core";
import { CopyButton } from "@/parts/CopyButton.tsx";
import { Notice } from "@/parts/EmptyState.tsx";
import styles from "./notifications.module.css";

/** A signing secret, this once. */
export function SecretShown({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <div className={styles.stack}>
      <Notice tone="warning">
        Copy it now. Receivers check with it that messages are ours; it is shown this once and cannot be read
        again.
      </Notice>
      <div className={styles.secret}>
        <span className="mono">{secret}</span>
        <CopyButton text={secret} what="signing secret" />
      </div>
      <div className={styles.buttons}>
        <Button onClick={onClose}>I have copied it</Button>
      </div>
    </div>
  );
}
