import type { Scan } from "@/api/contract.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { isLinked, worksHere } from "@/scan/action-rules.ts";

type Props = { scans: Scan[]; onConfirm: () => void; onClose: () => void };

export function DeleteScansDialog({ scans, onConfirm, onClose }: Props) {
  const counted = scans.length === 1 ? "1 scan" : `${scans.length.toLocaleString()} scans`;
  const linked = scans.filter(isLinked).length;
  const working = scans.filter(worksHere).length;
  return (
    <ConfirmDialog
      title={`Delete ${counted}`}
      verb={linked > 0 ? `Delete ${counted}; vendor copies stay` : `Delete ${counted}`}
      failure="Nothing was deleted."
      keep={scans.length === 1 ? "Keep it" : "Keep them"}
      act={async () => {
        onConfirm();
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        Scans leave Scanhelm with their runs and their activity. Triage verdicts and comments stay and return
        when the same finding is seen again.
      </p>
      {working > 0 ? (
        <p>Still running here: {working.toLocaleString()}. Deleting cancels them first.</p>
      ) : null}
      {linked > 0 ? (
        <p>
          With a copy at their vendor: {linked.toLocaleString()}. The copies stay, and Scanhelm will not adopt
          them again unless you allow it on the integration's blocklist.
        </p>
      ) : null}
    </ConfirmDialog>
  );
}
