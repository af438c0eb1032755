import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationChannel, NotificationChannelPatch } from "@/api/contract.ts";
import { changeChannel, notificationKeys } from "@/api/notifications.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { ChannelFields, type ChannelValues, recipientsOf } from "./ChannelFields.tsx";

type Props = { channel: NotificationChannel; onClose: () => void };

export function EditChannelDialog({ channel: present, onClose }: Props) {
  // As it was when the dialog opened: what others change meanwhile is not to be overwritten unseen.
  const [channel] = useState(present);
  const [values, setValues] = useState<ChannelValues>({
    name: channel.name,
    url: "",
    recipients: channel.recipients.join(", "),
  });
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: (body: NotificationChannelPatch) => changeChannel(channel, body),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: notificationKeys.all });
      onClose();
    },
  });
  const errors = fieldErrors(change.error, ["name", "url", "recipients"]);
  const submit = () => {
    const body = changed(channel, values);
    if (Object.keys(body).length === 0) onClose();
    else change.mutate(body);
  };
  return (
    <Modal opened onClose={onClose} title={`Edit “${channel.name}”`}>
      <Form onSubmit={submit} error={change.error} errors={errors} failure="The channel was not changed.">
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

/** Nothing else: the hub takes a channel that it gave up back as soon as its address or recipients are sent. */
function changed(channel: NotificationChannel, values: ChannelValues): NotificationChannelPatch {
  const body: NotificationChannelPatch = {};
  const name = values.name.trim();
  if (name !== channel.name) body.name = name;
  const url = values.url.trim();
  if (channel.kind !== "email" && url !== "") body.url = url;
  const recipients = recipientsOf(values.recipients);
  if (channel.kind === "email" && recipients.join() !== channel.recipients.join())
    body.recipients = recipients;
  return body;
}
