import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { notificationKeys } from "@/api/notifications.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./notifications.module.css";

type Props = {
  what: "channel" | "rule";
  name: string;
  consequence: string;
  remove: () => Promise<unknown>;
  onClose: () => void;
};

export function RemoveDialog({ what, name, consequence, remove, onClose }: Props) {
  const cache = useQueryClient();
  const removal = useMutation({
    mutationFn: remove,
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: notificationKeys.all });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Remove the ${what} “${name}”`}>
      <div className={styles.stack}>
        {removal.isError ? (
          <ProblemNotice error={removal.error} what={`The ${what} was not removed.`} />
        ) : null}
        <p>{consequence}</p>
        <div className={styles.buttons}>
          <Button color="red.8" loading={removal.isPending} onClick={() => removal.mutate()}>
            Remove {what}
          </Button>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  );
}
