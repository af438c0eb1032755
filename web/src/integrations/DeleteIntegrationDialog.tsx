import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Integration } from "@/api/contract.ts";
import { deleteIntegration, integrationKeys } from "@/api/integrations.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./integrations.module.css";

export function DeleteIntegrationDialog({
  integration,
  onClose,
}: {
  integration: Integration;
  onClose: () => void;
}) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const removal = useMutation({
    mutationFn: () => deleteIntegration(integration.id),
    onSuccess: async () => {
      await navigate({ to: "/integrations" });
      void cache.invalidateQueries({ queryKey: integrationKeys.all });
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Delete “${integration.name}”`}>
      <div style={{ display: "grid", gap: 12 }}>
        {removal.isError ? (
          <ProblemNotice error={removal.error} what="The integration was not deleted." />
        ) : null}
        <p>
          Its credentials are erased and its scanner is no longer polled. Its scans and their findings stay,
          but can no longer be commanded. Nothing changes at {integration.vendor}. To stop polling only for a
          while, disable it instead.
        </p>
        <div className={styles.buttons}>
          <Button color="red.8" loading={removal.isPending} onClick={() => removal.mutate()}>
            Delete integration; scans stay
          </Button>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  );
}
