/** Names the thing and what becomes of each copy of it before anything is removed. */
import { Button, Checkbox, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Scan } from "@/api/contract.ts";
import { deleteScan, scanKeys } from "@/api/scans.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { useVendorName } from "@/parts/vendor.ts";
import { isLinked, isLocal, isOver } from "@/scan/action-rules.ts";
import styles from "./scans.module.css";

type Props = { scan: Scan; onClose: () => void; onDeleted?: () => void };

export function DeleteScanDialog({ scan, onClose, onDeleted }: Props) {
  const [cascade, setCascade] = useState(false);
  const vendor = useVendorName(scan.vendor);
  const cache = useQueryClient();
  const works = isLocal(scan) && !isOver(scan);
  const linked = isLinked(scan);
  const canCascade = linked && scan.capabilities.delete_remote.available;
  const removal = useMutation({
    mutationFn: () =>
      deleteScan(scan.id, { ...(cascade && { cascade_remote: true }), ...(works && { force: true }) }),
    onSuccess: async (answer) => {
      if (answer.warnings.length === 0) close();
    },
  });
  const warnings = removal.data?.warnings ?? [];

  const close = () => {
    onClose();
    if (removal.isIdle || removal.isError) return;
    onDeleted?.();
    cache.removeQueries({ queryKey: scanKeys.one(scan.id) });
    void cache.invalidateQueries({ queryKey: scanKeys.lists });
  };

  if (warnings.length > 0) {
    return (
      <Modal opened onClose={close} title="Deleted here, not everywhere">
        <Notice tone="warning">
          “{scan.name}” is gone from Scanhelm and stays gone. {vendor} said: {warnings.join(" ")}
        </Notice>
        <div className={styles.buttons}>
          <Button onClick={close}>Close</Button>
        </div>
      </Modal>
    );
  }

  return (
    <Modal
      opened
      onClose={close}
      title={<span style={{ overflowWrap: "anywhere" }}>Delete “{scan.name}”</span>}
    >
      <div style={{ display: "grid", gap: 12 }}>
        {removal.isError ? <ProblemNotice error={removal.error} what="The scan was not deleted." /> : null}
        <p>
          The scan, its runs and its activity leave Scanhelm. Triage verdicts and comments stay and return
          when the same finding is seen again.
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
        <div className={styles.buttons}>
          <Button color="red.8" loading={removal.isPending} onClick={() => removal.mutate()}>
            {linked
              ? cascade
                ? "Delete here and at the vendor"
                : "Delete here; vendor copy stays"
              : "Delete scan"}
          </Button>
          <Button variant="default" onClick={close}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  );
}
