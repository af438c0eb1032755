/** One command for many scans. Each goes to its own scanner, and each keeps its own answer. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Scan } from "@/api/contract.ts";
import { commandScan, importScan, scanKeys } from "@/api/scans.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { ImportIcon } from "@/parts/icons.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { type ActionState, COMMANDS, commandState, importState } from "@/scan/action-rules.ts";
import { COMMAND_WORDS } from "@/scan/command-words.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./scans.module.css";

type Deed = { verb: string; icon: React.ReactNode; ready: Scan[]; run: (id: string) => Promise<unknown> };
type Outcome = { verb: string; sent: number; refused: { name: string; reason: string }[] };

const AT_ONCE = 4;

export function BulkScans({ scans, onDone }: { scans: Scan[]; onDone: () => void }) {
  const mayControl = usePermission("scan:control");
  const mayImport = usePermission("scan:import");
  const cache = useQueryClient();
  const order = useMutation({
    mutationFn: carryOut,
    onSettled: () => cache.invalidateQueries({ queryKey: scanKeys.all }),
  });
  const offer = (verb: string, icon: React.ReactNode, states: ActionState[], run: Deed["run"]) => {
    const shown = states.flatMap((state) => (state.show ? [state] : []));
    if (shown.length === 0) return null;
    const ready = scans.filter((_, index) => isReady(states[index]));
    const reason = ready.length > 0 ? null : (shown[0]?.reason ?? null);
    return (
      <ReasonButton
        key={verb}
        variant="default"
        leftSection={icon}
        unavailable={reason}
        loading={order.isPending && order.variables?.verb === verb}
        onClick={() => order.mutate({ verb, icon, ready, run })}
      >
        {ready.length > 0 ? `${verb} ${ready.length}` : verb}
      </ReasonButton>
    );
  };

  return (
    <section className={styles.bulk} aria-label="Command the selected scans">
      <span role="status">{`${scans.length} ${scans.length === 1 ? "scan" : "scans"} selected`}</span>
      {COMMANDS.map((command) => {
        const { verb, Icon } = COMMAND_WORDS[command];
        const states = scans.map((scan) => commandState(scan, command, mayControl));
        return offer(verb, <Icon size={14} />, states, (id) => commandScan(id, command));
      })}
      {offer(
        "Import",
        <ImportIcon size={14} />,
        scans.map((scan) => importState(scan, mayImport)),
        (id) => importScan(id, false),
      )}
      <Button variant="subtle" color="gray" onClick={onDone}>
        Deselect
      </Button>
      {order.data ? (
        <Notice tone={order.data.refused.length > 0 ? "warning" : "plain"}>{words(order.data)}</Notice>
      ) : null}
    </section>
  );
}

const isReady = (state: ActionState | undefined) => state?.show === true && state.reason === null;

async function carryOut({ verb, ready, run }: Deed): Promise<Outcome> {
  const outcome: Outcome = { verb, sent: 0, refused: [] };
  const waiting = [...ready];
  const work = async () => {
    for (let scan = waiting.shift(); scan !== undefined; scan = waiting.shift()) {
      try {
        await run(scan.id);
        outcome.sent += 1;
      } catch (error) {
        outcome.refused.push({
          name: scan.name,
          reason: error instanceof Error ? error.message : String(error),
        });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcome;
}

/** The rows change when their scanners are seen to have changed; until then the order is only sent. */
function words({ verb, sent, refused }: Outcome): string {
  const told = `${verb}: sent for ${sent}.`;
  if (refused.length === 0) return told;
  return `${told} Not for ${refused.map(({ name, reason }) => `“${name}”: ${reason}`).join(" ")}`;
}
