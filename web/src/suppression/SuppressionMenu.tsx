import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { SuppressionRule } from "@/api/contract.ts";
import { findingKeys } from "@/api/findings.ts";
import {
  approveSuppressionRule,
  changeSuppressionRule,
  removeSuppressionRule,
  suppressionKeys,
} from "@/api/suppression.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { ApprovalsIcon, DeleteIcon, EditIcon, MoreIcon, PauseIcon, ResumeIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { usePermission } from "@/shell/permissions.ts";

const SuppressionDialog = onDemand(async () => (await import("./SuppressionDialog.tsx")).SuppressionDialog);
const RefusalDialog = onDemand(async () => (await import("@/parts/RefusalDialog.tsx")).RefusalDialog);

export function SuppressionMenu({ rule }: { rule: SuppressionRule }) {
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const denied = usePermission("finding:approve");
  const cache = useQueryClient();
  const settled = () => {
    void cache.invalidateQueries({ queryKey: suppressionKeys.all });
    void cache.invalidateQueries({ queryKey: findingKeys.all });
  };
  const acting = useMutation({
    mutationFn: (action: "approve" | "on" | "off") =>
      action === "approve"
        ? approveSuppressionRule(rule)
        : changeSuppressionRule(rule, { enabled: action === "on" }),
    onSettled: settled,
  });
  const close = () => setOpen(null);
  const item = { disabled: denied !== null, "data-tip": denied ?? undefined };
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon aria-label={`Actions for the rule ${rule.name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {rule.state === "pending" ? (
            <Menu.Item
              {...item}
              leftSection={<ApprovalsIcon size={14} />}
              onClick={() => acting.mutate("approve")}
            >
              Approve
            </Menu.Item>
          ) : null}
          <Menu.Item {...item} leftSection={<EditIcon size={14} />} onClick={() => setOpen("edit")}>
            Edit…
          </Menu.Item>
          <Menu.Item
            {...item}
            leftSection={rule.enabled ? <PauseIcon size={14} /> : <ResumeIcon size={14} />}
            onClick={() => acting.mutate(rule.enabled ? "off" : "on")}
          >
            {rule.enabled ? "Switch off" : "Switch on"}
          </Menu.Item>
          <Menu.Item {...item} leftSection={<DeleteIcon size={14} />} onClick={() => setOpen("remove")}>
            Remove…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "edit" ? <SuppressionDialog rule={rule} onClose={close} /> : null}
      {open === "remove" ? (
        <ConfirmDialog
          title={`Remove the rule “${rule.name}”`}
          verb="Remove rule"
          failure="The rule was not removed."
          act={async () => {
            await removeSuppressionRule(rule);
            settled();
            close();
          }}
          onClose={close}
        >
          <p>The findings that it suppresses are again what their scanners say.</p>
        </ConfirmDialog>
      ) : null}
      {acting.isError ? (
        <RefusalDialog
          title={rule.name}
          error={acting.error}
          what="The rule was not changed."
          onClose={acting.reset}
        />
      ) : null}
    </>
  );
}
