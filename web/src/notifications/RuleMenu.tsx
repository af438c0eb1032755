import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationRule } from "@/api/contract.ts";
import { changeRule, notificationKeys, removeRule } from "@/api/notifications.ts";
import { DeleteIcon, EditIcon, MoreIcon, PauseIcon, ResumeIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { usePermission } from "@/shell/permissions.ts";

const RuleDialog = onDemand(async () => (await import("./RuleDialog.tsx")).RuleDialog);
const RemoveDialog = onDemand(async () => (await import("./RemoveDialog.tsx")).RemoveDialog);
const RefusalDialog = onDemand(async () => (await import("@/parts/RefusalDialog.tsx")).RefusalDialog);

export function RuleMenu({ rule }: { rule: NotificationRule }) {
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const mayManage = usePermission("integration:manage");
  const cache = useQueryClient();
  const switching = useMutation({
    mutationFn: (enabled: boolean) => changeRule(rule, { enabled }),
    onSettled: () => cache.invalidateQueries({ queryKey: notificationKeys.all }),
  });
  const close = () => setOpen(null);
  const item = { disabled: mayManage !== null, "data-tip": mayManage ?? undefined };
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon aria-label={`Actions for the rule ${rule.name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item {...item} leftSection={<EditIcon size={14} />} onClick={() => setOpen("edit")}>
            Edit…
          </Menu.Item>
          <Menu.Item
            {...item}
            leftSection={rule.enabled ? <PauseIcon size={14} /> : <ResumeIcon size={14} />}
            onClick={() => switching.mutate(!rule.enabled)}
          >
            {rule.enabled ? "Switch off" : "Switch on"}
          </Menu.Item>
          <Menu.Item {...item} leftSection={<DeleteIcon size={14} />} onClick={() => setOpen("remove")}>
            Remove…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "edit" ? <RuleDialog rule={rule} onClose={close} /> : null}
      {open === "remove" ? (
        <RemoveDialog
          what="rule"
          name={rule.name}
          consequence="Its events are no longer sent. What it has collected is sent at once; what was sent stays listed."
          remove={() => removeRule(rule.id)}
          onClose={close}
        />
      ) : null}
      {switching.isError ? (
        <RefusalDialog
          title={rule.name}
          error={switching.error}
          what="The rule was not changed."
          onClose={switching.reset}
        />
      ) : null}
    </>
  );
}
