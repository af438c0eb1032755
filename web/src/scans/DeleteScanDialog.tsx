/** Names the thing and what becomes of each copy of it before anything is removed. */
import { Button, Checkbox, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Scan } from "@/api/contract.ts";
import { deleteScan, scanKeys } from "@/api/scans.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { Notice } from "@/parts/EmptyState.tsx";
import { useVendorName } from "@/parts/vendor.ts";
import { isLinked, worksHere } from "@/scan/action-rules.ts";
import styles from "./scans.module.css";

type Props = { scan: Scan; onClose: () => void; onDeleted?: () => void };

export function DeleteScanDialog({ scan, onClose, onDeleted }: Props) {
  const [cascade, setCascade] = useState(false);
  const [warnings, setWarnings] = useState<string[]>([]);
  const vendor = useVendorName(scan.vendor);
  const cache = useQueryClient();
  const works = worksHere(scan);
  const linked = isLinked(scan);
  const canCascade = linked && scan.capabilities.delete_remote.available;

  const leave = () => {
    onClose();
    onDeleted?.();
    cache.removeQueries({ queryKey: scanKeys.one(scan.id) });
    void cache.invalidateQueries({ queryKey: scanKeys.lists });
  };
  const remove = async () => {
    const answer = await deleteScan(scan.id, {
      ...(cascade && { cascade_remote: true }),
      ...(works && { force: true }),
    });
    if (answer.warnings.length > 0) setWarnings(answer.warnings);
    else leave();
  };

  if (warnings.length > 0) {
    return (
      <Modal opened onClose={leave} title="Deleted here, not everywhere">
        <Notice tone="warning">
          “{scan.name}” is gone from Scanhelm and stays gone. {vendor} said: {warnings.join(" ")}
        </Notice>
        <div className={styles.buttons}>
          <Button onClick={leave}>Close</Button>
        </div>
      </Modal>
    );
  }

  return (
    <ConfirmDialog
      title={`Delete “${scan.name}”`}
      verb={
        linked
          ? cascade
            ? "Delete here and at the vendor"
            : "Delete here; vendor copy stays"
          : "Delete scan"
      }
      failure="The scan was not deleted."
      act={remove}
      onClose={onClose}
    >
      <p>
        The scan, its runs and its activity leave Scanhelm. Triage verdicts and comments stay and return when
        the same finding is seen again.
        {works ? " It still runs here: deleting cancels it first." : ""}
        {linked && !cascade
          ? ` The copy at ${vendor} stays, and Scanhelm will not adopt it again unless you allow it on the integration's blocklist.`
          : ""}
        {linked && cascade
          ? ` Scanhelm also asks ${vendor} to delete its copy; if that fails, the scan is gone here all the same and you are told.`
          : ""}
      </p>
      {linked ? (
        <Checkbox
          label={`Also delete the copy at ${vendor}`}
          description={
            canCascade
              ? undefined
              : (scan.capabilities.delete_remote.reason ?? "This vendor's API cannot delete scans.")
          }
          checked={cascade}
          disabled={!canCascade}
          onChange={(event) => setCascade(event.currentTarget.checked)}
        />
      ) : null}
    </ConfirmDialog>
  );
}
