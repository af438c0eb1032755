import { ActionIcon, Menu, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationChannel } from "@/api/contract.ts";
import {
  changeChannel,
  notificationKeys,
  removeChannel,
  renewSecret,
  testChannel,
} from "@/api/notifications.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import {
  DeleteIcon,
  EditIcon,
  KeyIcon,
  LaunchIcon,
  MoreIcon,
  PauseIcon,
  ResumeIcon,
} from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { usePermission } from "@/shell/permissions.ts";

const EditChannelDialog = onDemand(async () => (await import("./EditChannelDialog.tsx")).EditChannelDialog);
const NewSecretDialog = onDemand(async () => (await import("@/parts/SecretDialog.tsx")).NewSecretDialog);
const RemoveDialog = onDemand(async () => (await import("./RemoveDialog.tsx")).RemoveDialog);
const RefusalDialog = onDemand(async () => (await import("@/parts/RefusalDialog.tsx")).RefusalDialog);

export function ChannelMenu({ channel }: { channel: NotificationChannel }) {
  const [open, setOpen] = useState<"edit" | "secret" | "remove" | null>(null);
  const mayManage = usePermission("integration:manage");
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: notificationKeys.all });
  const test = useMutation({ mutationFn: () => testChannel(channel.id), onSettled: refresh });
  const switching = useMutation({
    mutationFn: (enabled: boolean) => changeChannel(channel, { enabled }),
    onSettled: refresh,
  });
  const close = () => setOpen(null);
  const runs = channel.enabled && channel.state !== "suspended";
  const item = { disabled: mayManage !== null, "data-tip": mayManage ?? undefined };
  const failed = [
    { of: test, what: "The test was not sent." },
    { of: switching, what: "The channel was not changed." },
  ].find(({ of }) => of.isError);
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon loading={test.isPending} aria-label={`Actions for the channel ${channel.name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item {...item} leftSection={<LaunchIcon size={14} />} onClick={() => test.mutate()}>
            Send a test
          </Menu.Item>
          <Menu.Item {...item} leftSection={<EditIcon size={14} />} onClick={() => setOpen("edit")}>
            Edit…
          </Menu.Item>
          <Menu.Item
            {...item}
            leftSection={runs ? <PauseIcon size={14} /> : <ResumeIcon size={14} />}
            onClick={() => switching.mutate(!runs)}
          >
            {runs ? "Switch off" : "Switch on"}
          </Menu.Item>
          {channel.kind === "webhook" ? (
            <Menu.Item {...item} leftSection={<KeyIcon size={14} />} onClick={() => setOpen("secret")}>
              New signing secret…
            </Menu.Item>
          ) : null}
          <Menu.Item {...item} leftSection={<DeleteIcon size={14} />} onClick={() => setOpen("remove")}>
            Remove…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "edit" ? <EditChannelDialog channel={channel} onClose={close} /> : null}
      {open === "secret" ? (
        <NewSecretDialog
          title={`New signing secret of “${channel.name}”`}
          what="signing secret"
          verb="Make a new secret"
          consequence="For a day messages are signed with the present secret as well; after that receivers that know only that one refuse them."
          make={async () => {
            const { secret } = await renewSecret(channel.id);
            void refresh();
            return secret;
          }}
          onClose={close}
        >
          Receivers check with it that messages are ours.
        </NewSecretDialog>
      ) : null}
      {open === "remove" ? (
        <RemoveDialog
          what="channel"
          name={channel.name}
          consequence="Its rules go with it, and so does the record of what was sent there. What waits is not sent."
          remove={() => removeChannel(channel.id)}
          onClose={close}
        />
      ) : null}
      {test.data ? (
        <Modal
          opened
          onClose={test.reset}
          title={test.data.delivered ? "The test arrived" : "The test did not arrive"}
        >
          <Notice tone={test.data.delivered ? "plain" : "warning"}>{test.data.detail}</Notice>
        </Modal>
      ) : null}
      {failed ? (
        <RefusalDialog
          title={channel.name}
          error={failed.of.error}
          what={failed.what}
          onClose={failed.of.reset}
        />
      ) : null}
    </>
  );
}
