import { useQueryClient } from "@tanstack/react-query";
import { notificationKeys } from "@/api/notifications.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";

type Props = {
  what: "channel" | "rule";
  name: string;
  consequence: string;
  remove: () => Promise<unknown>;
  onClose: () => void;
};

export function RemoveDialog({ what, name, consequence, remove, onClose }: Props) {
  const cache = useQueryClient();
  return (
    <ConfirmDialog
      title={`Remove the ${what} “${name}”`}
      verb={`Remove ${what}`}
      failure={`The ${what} was not removed.`}
      act={async () => {
        await remove();
        void cache.invalidateQueries({ queryKey: notificationKeys.all });
        onClose();
      }}
      onClose={onClose}
    >
      <p>{consequence}</p>
    </ConfirmDialog>
  );
}
