/** What is entered about a channel: the same when it is added and when it is changed. */
import { TextInput } from "@mantine/core";
import type { NotificationChannel } from "@/api/contract.ts";
import { SecretInput } from "@/parts/SecretInput.tsx";

export type ChannelValues = { name: string; url: string; recipients: string };

const ADDRESSES: Record<Exclude<NotificationChannel["kind"], "email">, string> = {
  webhook: "Messages are posted there as signed JSON.",
  slack: "The URL of an incoming webhook: https://hooks.slack.com/services/…",
  teams: "The URL of a workflow “Post to a channel when a webhook request is received”.",
};

type Props = {
  kind: NotificationChannel["kind"];
  value: ChannelValues;
  onChange: (value: ChannelValues) => void;
  errors: Record<string, string>;
  /** It has an address already, which is never shown. */
  keepsAddress?: boolean;
};

export function ChannelFields({ kind, value, onChange, errors, keepsAddress = false }: Props) {
  return (
    <>
      <TextInput
        label="Name"
        value={value.name}
        onChange={(event) => onChange({ ...value, name: event.currentTarget.value })}
        error={errors.name}
        data-autofocus
      />
      {kind === "email" ? (
        <TextInput
          label="Recipients"
          description="Mail addresses, separated by commas."
          value={value.recipients}
          onChange={(event) => onChange({ ...value, recipients: event.currentTarget.value })}
          error={errors.recipients}
        />
      ) : (
        <SecretInput
          label="Address"
          description={
            keepsAddress
              ? "Leave it empty to keep the present one, which is not shown."
              : `${ADDRESSES[kind]} It is a secret and not shown again.`
          }
          value={value.url}
          onChange={(event) => onChange({ ...value, url: event.currentTarget.value })}
          error={errors.url}
        />
      )}
    </>
  );
}

export const recipientsOf = (text: string) =>
  text
    .split(/[,;\s]+/)
    .map((address) => address.trim())
    .filter((address) => address !== "");
