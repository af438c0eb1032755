import { ActionIcon, Menu } from "@mantine/core";
import { useState } from "react";
import type { Scan } from "@/api/contract.ts";
import { DeleteIcon, ImportIcon, MoreIcon, StopIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { useVendorName } from "@/parts/vendor.ts";
import { type ActionState, COMMANDS, cancelState, commandState, importState } from "@/scan/action-rules.ts";
import { COMMAND_WORDS } from "@/scan/command-words.tsx";
import { useScanActions } from "@/scan/useScanActions.ts";
import { usePermission } from "@/shell/permissions.ts";

const DeleteScanDialog = onDemand(async () => (await import("./DeleteScanDialog.tsx")).DeleteScanDialog);
const RefusalDialog = onDemand(async () => (await import("@/parts/RefusalDialog.tsx")).RefusalDialog);

export function ScanMenu({ scan }: { scan: Scan }) {
  const [deleting, setDeleting] = useState(false);
  const [opened, setOpened] = useState(false);
  const actions = useScanActions(scan.id);
  const failed = actions.command.error ?? actions.cancel.error ?? actions.import.error;
  const forget = () => {
    actions.command.reset();
    actions.cancel.reset();
    actions.import.reset();
  };

  return (
    <>
      <Menu opened={opened} onChange={setOpened} position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon size={24} aria-label={`Actions for ${scan.name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        {opened ? <Items scan={scan} actions={actions} onDelete={() => setDeleting(true)} /> : null}
      </Menu>
      {deleting ? <DeleteScanDialog scan={scan} onClose={() => setDeleting(false)} /> : null}
      {failed ? (
        <RefusalDialog
          title={scan.name}
          error={failed}
          what="The hub did not take the command."
          onClose={forget}
        />
      ) : null}
    </>
  );
}

type ItemsProps = { scan: Scan; actions: ReturnType<typeof useScanActions>; onDelete: () => void };

function Items({ scan, actions, onDelete }: ItemsProps) {
  const vendor = useVendorName(scan.vendor);
  const mayControl = usePermission("scan:control");
  const mayImport = usePermission("scan:import");
  const mayDelete = usePermission("scan:delete");
  return (
    <Menu.Dropdown>
      {COMMANDS.map((command) => {
        const { verb, Icon } = COMMAND_WORDS[command];
        return (
          <Item
            key={command}
            state={commandState(scan, command, mayControl)}
            icon={<Icon size={14} />}
            onClick={() => actions.command.mutate(command)}
          >
            {`${verb} at ${vendor}`}
          </Item>
        );
      })}
      <Item
        state={cancelState(scan, mayControl)}
        icon={<StopIcon size={14} />}
        onClick={() => actions.cancel.mutate()}
      >
        Cancel
      </Item>
      <Item
        state={importState(scan, mayImport)}
        icon={<ImportIcon size={14} />}
        onClick={() => actions.import.mutate(scan.import_state === "done")}
      >
        {scan.import_state === "done" ? "Import again" : "Import now"}
      </Item>
      <Menu.Divider />
      <Item state={{ show: true, reason: mayDelete }} icon={<DeleteIcon size={14} />} onClick={onDelete}>
        Delete…
      </Item>
    </Menu.Dropdown>
  );
}

type ItemProps = { state: ActionState; icon: React.ReactNode; onClick: () => void; children: string };

function Item({ state, icon, onClick, children }: ItemProps) {
  if (!state.show) return null;
  if (state.reason === null) {
    return (
      <Menu.Item leftSection={icon} onClick={onClick}>
        {children}
      </Menu.Item>
    );
  }
  return (
    <Menu.Item
      leftSection={icon}
      aria-disabled="true"
      closeMenuOnClick={false}
      data-tip={state.reason}
      aria-description={state.reason}
      style={{ color: "var(--text-unavailable)" }}
    >
      {children}
    </Menu.Item>
  );
}
