/** What can be done with the scan. A sent command is only reported as sent; the scanner's own state confirms it. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Scan, ScanCommand, ScanStatus } from "@/api/contract.ts";
import { DeleteIcon, ImportIcon, StopIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { useNow } from "@/parts/RelativeTime.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { COMMANDS, cancelState, commandState, importState } from "./action-rules.ts";
import { COMMAND_WORDS } from "./command-words.tsx";
import styles from "./scan.module.css";
import { useScanActions } from "./useScanActions.ts";

const DeleteScanDialog = onDemand(
  async () => (await import("@/scans/DeleteScanDialog.tsx")).DeleteScanDialog,
);

type Sent = { command: ScanCommand; at: Date; from: ScanStatus };

const PATIENCE_MS = 60_000;

export function ScanActionBar({ scan }: { scan: Scan }) {
  const actions = useScanActions(scan.id);
  const navigate = useNavigate();
  const [sent, setSent] = useState<Sent | null>(null);
  const [deleting, { open: openDelete, close: closeDelete }] = useDisclosure(false);
  const mayControl = usePermission("scan:control");
  const mayImport = usePermission("scan:import");
  const mayDelete = usePermission("scan:delete");

  const waiting = sent !== null && scan.status === sent.from && !actions.command.isError ? sent : null;
  const send = (command: ScanCommand) => {
    if (waiting || actions.command.isPending) return;
    setSent({ command, at: new Date(), from: scan.status });
    actions.command.mutate(command);
  };

  const cancel = cancelState(scan, mayControl);
  const importing = importState(scan, mayImport);
  const failed = actions.command.error ?? actions.cancel.error ?? actions.import.error;
  return (
    <>
      <div className={styles.actions} role="toolbar" aria-label="Scan actions">
        {COMMANDS.map((command) => {
          const state = commandState(scan, command, mayControl);
          if (!state.show) return null;
          const { verb, sent: sending, Icon } = COMMAND_WORDS[command];
          const inFlight = waiting?.command === command;
          return (
            <ReasonButton
              key={command}
              variant="default"
              leftSection={<Icon size={14} />}
              unavailable={
                waiting
                  ? `${COMMAND_WORDS[waiting.command].sent}: waiting for the scanner to confirm.`
                  : state.reason
              }
              onClick={() => send(command)}
            >
              {inFlight ? `${sending}…` : verb}
            </ReasonButton>
          );
        })}
        {cancel.show ? (
          <ReasonButton
            variant="default"
            leftSection={<StopIcon size={14} />}
            unavailable={cancel.reason}
            loading={actions.cancel.isPending}
            onClick={() => actions.cancel.mutate()}
          >
            Cancel
          </ReasonButton>
        ) : null}
        {importing.show ? (
          <ReasonButton
            variant="default"
            leftSection={<ImportIcon size={14} />}
            unavailable={importing.reason}
            loading={actions.import.isPending}
            onClick={() => actions.import.mutate(scan.import_state === "done")}
          >
            {scan.import_state === "done" ? "Import again" : "Import now"}
          </ReasonButton>
        ) : null}
        <ReasonButton
          variant="default"
          leftSection={<DeleteIcon size={14} />}
          unavailable={mayDelete}
          onClick={openDelete}
        >
          Delete
        </ReasonButton>
      </div>
      {waiting ? <Waiting sent={waiting} onForget={() => setSent(null)} /> : null}
      {failed ? (
        <div className={styles.sent}>
          <ProblemNotice error={failed} what="The hub did not take the command." />
        </div>
      ) : null}
      {deleting ? (
        <DeleteScanDialog
          scan={scan}
          onClose={closeDelete}
          onDeleted={() => void navigate({ to: "/scans", search: {} })}
        />
      ) : null}
    </>
  );
}

function Waiting({ sent, onForget }: { sent: Sent; onForget: () => void }) {
  const late = useNow().getTime() - sent.at.getTime() > PATIENCE_MS;
  return (
    <p className={styles.sent} role="status">
      {COMMAND_WORDS[sent.command].sent} (sent {sent.at.toLocaleTimeString()}).{" "}
      {late ? (
        <>
          No answer from the scanner yet; the hub keeps checking.{" "}
          <Button variant="subtle" size="compact-xs" onClick={onForget}>
            Stop waiting
          </Button>
        </>
      ) : (
        "The status changes when the scanner confirms it."
      )}
    </p>
  );
}
