/** A secret that is shown this once. Only its button closes the dialog, so that no slip of the hand loses it. */
import { Button, Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { CopyButton } from "./CopyButton.tsx";
import styles from "./Dialog.module.css";
import { Notice } from "./EmptyState.tsx";

type Props = {
  title: string;
  /** What kind of secret, for the button that copies it. */
  what: string;
  secret: string;
  onClose: () => void;
  /** What it is for. */
  children?: ReactNode;
};

export function SecretDialog({ title, what, secret, onClose, children }: Props) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={<span className={styles.title}>{title}</span>}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <div className={styles.body}>
        <Notice tone="warning">
          Copy it now. It is shown this once and cannot be read again. {children}
        </Notice>
        <div className={styles.secret}>
          <span className="mono">{secret}</span>
          <CopyButton text={secret} what={what} />
        </div>
        <div className={styles.buttons}>
          <Button onClick={onClose}>I have copied it</Button>
        </div>
      </div>
    </Modal>
  );
}

type NewProps = Omit<Props, "secret"> & {
  verb: string;
  /** What becomes of the one before. */
  consequence: string;
  harmless?: boolean;
  make: () => Promise<string | null | undefined>;
};

/** Says what becomes of the present secret, makes the new one, shows it. */
export function NewSecretDialog({ verb, consequence, harmless, make, ...shown }: NewProps) {
  const [secret, setSecret] = useState<string | null>(null);
  if (secret !== null) return <SecretDialog {...shown} secret={secret} />;
  return (
    <ConfirmDialog
      title={shown.title}
      verb={verb}
      failure="No new secret was made."
      keep="Not now"
      harmless={harmless}
      act={async () => {
        const made = await make();
        if (!made) throw new Error("The hub answered without one.");
        setSecret(made);
      }}
      onClose={shown.onClose}
    >
      <p>{consequence}</p>
    </ConfirmDialog>
  );
}
