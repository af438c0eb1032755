import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationChannel } from "@/api/contract.ts";
import { changeChannel, notificationKeys } from "@/api/notifications.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { ChannelFields, recipientsOf } from "./ChannelFields.tsx";

type Props = { channel: NotificationChannel; onClose: () => void };

export function EditChannelDialog({ channel, onClose }: Props) {
  const [values, setValues] = useState({
    name: channel.name,
    url: "",
    recipients: channel.recipients.join(", "),
  });
  const cache = useQueryClient();
  const url = values.url.trim();
  const change = useMutation({
    mutationFn: () =>
      changeChannel(channel, {
        name: values.name.trim(),
        ...(channel.kind === "email" ? { recipients: recipientsOf(values.recipients) } : url ? { url } : {}),
      }),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: notificationKeys.all });
      onClose();
    },
  });
  const errors = fieldErrors(change.error, ["name", "url", "recipients"]);
  return (
    <Modal opened onClose={onClose} title={`Edit “${channel.name}”`}>
      <Form
        onSubmit={() => change.mutate()}
        error={change.error}
        errors={errors}
        failure="The channel was not changed."
      >
        <ChannelFields kind={channel.kind} value={values} onChange={setValues} errors={errors} keepsAddress />
        <div>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
        </div>
      </Form>
    </Modal>
  );
}
