/** One command for many scans. Each goes to its own scanner, and each keeps its own answer. */
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Scan } from "@/api/contract.ts";
import { commandScan, deleteScan, importScan, scanKeys } from "@/api/scans.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { DeleteIcon, ImportIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { type ActionState, COMMANDS, commandState, importState, worksHere } from "@/scan/action-rules.ts";
import { COMMAND_WORDS } from "@/scan/command-words.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./scans.module.css";
import { useForEach, type Work } from "./useForEach.ts";

const DeleteScansDialog = onDemand(async () => (await import("./DeleteScansDialog.tsx")).DeleteScansDialog);
const DELETE = "Delete";

/** `scans` are the selected ones that still exist: the answers stay when the last of them is gone. */
export function BulkScans({ scans, onDone }: { scans: Scan[]; onDone: () => void }) {
  const mayControl = usePermission("scan:control");
  const mayImport = usePermission("scan:import");
  const mayDelete = usePermission("scan:delete");
  const cache = useQueryClient();
  const [deleting, { open: askDeletion, close: closeDeletion }] = useDisclosure(false);
  const { work, start } = useForEach<Scan>(() => void cache.invalidateQueries({ queryKey: scanKeys.all }));
  const going = work !== null && !work.over;
  const wait = going ? `${work.name}: still under way.` : null;

  const button = (name: string, icon: ReactNode, reason: string | null, count: number, act: () => void) => (
    <ReasonButton key={name} variant="default" leftSection={icon} unavailable={wait ?? reason} onClick={act}>
      {count > 0 ? `${name} ${count}` : name}
    </ReasonButton>
  );
  const offer = (
    verb: string,
    icon: ReactNode,
    stateOf: (scan: Scan) => ActionState,
    act: (id: string) => Promise<unknown>,
  ) => {
    const states = scans.map(stateOf);
    const shown = states.flatMap((state) => (state.show ? [state] : []));
    if (shown.length === 0) return null;
    const ready = scans.filter((_, index) => isReady(states[index]));
    const reason = ready.length > 0 ? null : (shown[0]?.reason ?? null);
    return button(verb, icon, reason, ready.length, () => void start(verb, ready, (scan) => act(scan.id)));
  };

  if (scans.length === 0 && work === null) return null;
  return (
    <section className={styles.bulk} aria-label="Command the selected scans">
      <span role="status">{`${scans.length} ${scans.length === 1 ? "scan" : "scans"} selected`}</span>
      {COMMANDS.map((command) => {
        const { verb, Icon } = COMMAND_WORDS[command];
        return offer(
          verb,
          <Icon size={14} />,
          (scan) => commandState(scan, command, mayControl),
          (id) => commandScan(id, command),
        );
      })}
      {offer(
        "Import",
        <ImportIcon size={14} />,
        (scan) => importState(scan, mayImport),
        (id) => importScan(id, false),
      )}
      {scans.length > 0
        ? button(DELETE, <DeleteIcon size={14} />, mayDelete, scans.length, askDeletion)
        : null}
      <ReasonButton variant="subtle" color="gray" unavailable={wait} onClick={onDone}>
        {scans.length > 0 ? "Deselect" : "Close"}
      </ReasonButton>
      {work ? <Progress work={work} /> : null}
      {deleting ? (
        <DeleteScansDialog
          scans={scans}
          onConfirm={() =>
            void start(DELETE, scans, (scan) => deleteScan(scan.id, worksHere(scan) ? { force: true } : {}))
          }
          onClose={closeDeletion}
        />
      ) : null}
    </section>
  );
}

const isReady = (state: ActionState | undefined) => state?.show === true && state.reason === null;

/** The rows change when their scanners are seen to have changed; until then a command is only sent. */
function Progress({ work }: { work: Work<Scan> }) {
  const { name, total, done, refused, over } = work;
  const deed = name === DELETE ? "done" : "sent";
  if (!over) {
    const came = done + refused.length;
    return (
      <div className={styles.work} role="status">
        <progress value={came} max={total} aria-label={name} />
        {`${name}: ${came.toLocaleString()} of ${total.toLocaleString()}`}
      </div>
    );
  }
  return (
    <Notice tone={refused.length > 0 ? "warning" : "plain"}>
      <p>
        {`${name}: ${deed} for ${done.toLocaleString()}`}
        {refused.length > 0 ? `, refused for ${refused.length.toLocaleString()}:` : "."}
      </p>
      {refused.length > 0 ? (
        <ul className={styles.refused} aria-label="Refused">
          {refused.map(({ item, reason }) => (
            <li key={item.id}>
              “{item.name}”: {reason}
            </li>
          ))}
        </ul>
      ) : null}
    </Notice>
  );
}
