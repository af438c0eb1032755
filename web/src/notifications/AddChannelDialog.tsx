import { Button, Modal, Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationChannel } from "@/api/contract.ts";
import { addChannel, notificationKeys } from "@/api/notifications.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { SecretDialog } from "@/parts/SecretDialog.tsx";
import { ChannelFields, type ChannelValues, recipientsOf } from "./ChannelFields.tsx";
import { KIND_WORDS } from "./words.ts";

const KINDS = Object.entries(KIND_WORDS).map(([value, label]) => ({
  value: value as NotificationChannel["kind"],
  label,
}));

export function AddChannelDialog({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<NotificationChannel["kind"]>("webhook");
  const [values, setValues] = useState<ChannelValues>({ name: "", url: "", recipients: "" });
  const cache = useQueryClient();
  const creation = useMutation({
    mutationFn: () =>
      addChannel({
        name: values.name.trim(),
        kind,
        ...(kind === "email" ? { recipients: recipientsOf(values.recipients) } : { url: values.url.trim() }),
      }),
    onSuccess: (issued) => {
      void cache.invalidateQueries({ queryKey: notificationKeys.all });
      if (!issued.secret) onClose();
    },
  });
  const errors = fieldErrors(creation.error, ["name", "kind", "url", "recipients"]);
  if (creation.data?.secret) {
    return (
      <SecretDialog
        title={`Signing secret of “${creation.data.channel.name}”`}
        what="signing secret"
        secret={creation.data.secret}
        onClose={onClose}
      >
        Receivers check with it that messages are ours.
      </SecretDialog>
    );
  }
  const close = () => {
    // The answer may bring a secret that would be lost.
    if (!creation.isPending) onClose();
  };
  return (
    <Modal opened onClose={close} title="Add a channel">
      <Form
        onSubmit={() => creation.mutate()}
        error={creation.error}
        errors={errors}
        failure="The channel was not added."
      >
        <Select
          label="Kind"
          allowDeselect={false}
          data={KINDS}
          value={kind}
          onChange={(chosen) => setKind(KINDS.find(({ value }) => value === chosen)?.value ?? kind)}
          error={errors.kind}
        />
        <ChannelFields kind={kind} value={values} onChange={setValues} errors={errors} />
        <div>
          <Button type="submit" loading={creation.isPending}>
            Add channel
          </Button>
        </div>
      </Form>
    </Modal>
  );
}
