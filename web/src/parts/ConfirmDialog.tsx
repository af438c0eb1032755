/**
 * Names the thing and what becomes of it before anything is done. It stays open while that is being done, and when it
 * fails: the answer must not get lost.
 */
import { Button, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import styles from "./Dialog.module.css";
import { ProblemNotice } from "./ProblemNotice.tsx";

type Props = {
  title: string;
  /** The deed and its consequence, as a button says them. */
  verb: string;
  failure: string;
  keep?: string;
  /** Nothing is lost by it. */
  harmless?: boolean;
  /** Does it, and closes the dialog. */
  act: () => Promise<void>;
  onClose: () => void;
  children: ReactNode;
};

export function ConfirmDialog(props: Props) {
  const { title, verb, failure, keep = "Keep it", harmless = false, act, onClose, children } = props;
  const deed = useMutation({ mutationFn: act });
  const close = () => {
    if (!deed.isPending) onClose();
  };
  return (
    <Modal opened onClose={close} title={<span className={styles.title}>{title}</span>}>
      <div className={styles.body}>
        {deed.isError ? <ProblemNotice error={deed.error} what={failure} /> : null}
        {children}
        <div className={styles.buttons}>
          <Button
            color={harmless ? undefined : "red.8"}
            loading={deed.isPending}
            onClick={() => deed.mutate()}
          >
            {verb}
          </Button>
          <Button variant="default" onClick={close}>
            {keep}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
