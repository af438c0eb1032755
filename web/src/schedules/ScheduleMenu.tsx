import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schedule } from "@/api/contract.ts";
import { changeSchedule, scheduleKeys } from "@/api/schedules.ts";
import { DeleteIcon, EditIcon, MoreIcon, PauseIcon, ResumeIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { usePermission } from "@/shell/permissions.ts";

const EditScheduleDrawer = onDemand(
  async () => (await import("./EditScheduleDrawer.tsx")).EditScheduleDrawer,
);
const RemoveScheduleDialog = onDemand(
  async () => (await import("./RemoveScheduleDialog.tsx")).RemoveScheduleDialog,
);
const RefusalDialog = onDemand(async () => (await import("@/parts/RefusalDialog.tsx")).RefusalDialog);

export function ScheduleMenu({ schedule }: { schedule: Schedule }) {
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const mayManage = usePermission("schedule:manage");
  const cache = useQueryClient();
  const switching = useMutation({
    mutationFn: (enabled: boolean) => changeSchedule(schedule, { enabled }),
    onSettled: () => cache.invalidateQueries({ queryKey: scheduleKeys.all }),
  });
  const close = () => setOpen(null);
  const refused = mayManage ?? undefined;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon size={24} aria-label={`Actions for the schedule of ${schedule.scan_name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<EditIcon size={14} />}
            disabled={mayManage !== null}
            data-tip={refused}
            onClick={() => setOpen("edit")}
          >
            Edit times…
          </Menu.Item>
          <Menu.Item
            leftSection={schedule.enabled ? <PauseIcon size={14} /> : <ResumeIcon size={14} />}
            disabled={mayManage !== null}
            data-tip={refused}
            onClick={() => switching.mutate(!schedule.enabled)}
          >
            {schedule.enabled ? "Pause schedule" : "Resume schedule"}
          </Menu.Item>
          <Menu.Item
            leftSection={<DeleteIcon size={14} />}
            disabled={mayManage !== null}
            data-tip={refused}
            onClick={() => setOpen("remove")}
          >
            Remove schedule…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "edit" ? <EditScheduleDrawer schedule={schedule} onClose={close} /> : null}
      {open === "remove" ? <RemoveScheduleDialog schedule={schedule} onClose={close} /> : null}
      {switching.isError ? (
        <RefusalDialog
          title={schedule.scan_name}
          error={switching.error}
          what="The schedule was not changed."
          onClose={switching.reset}
        />
      ) : null}
    </>
  );
}
