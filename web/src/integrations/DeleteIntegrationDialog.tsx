import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Integration } from "@/api/contract.ts";
import { deleteIntegration, integrationKeys } from "@/api/integrations.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";

type Props = { integration: Integration; onClose: () => void };

export function DeleteIntegrationDialog({ integration, onClose }: Props) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title={`Delete “${integration.name}”`}
      verb="Delete integration; scans stay"
      failure="The integration was not deleted."
      act={async () => {
        await deleteIntegration(integration.id);
        await navigate({ to: "/integrations" });
        void cache.invalidateQueries({ queryKey: integrationKeys.all });
      }}
      onClose={onClose}
    >
      <p>
        Its credentials are erased and its scanner is no longer polled. Its scans and their findings stay, but
        can no longer be commanded. Nothing changes at {integration.vendor}. To stop polling only for a while,
        disable it instead.
      </p>
    </ConfirmDialog>
  );
}
