import { Button, Checkbox, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  type NewNotificationRule,
  NOTIFICATION_EVENTS,
  type NotificationChannel,
  type NotificationEvent,
  type NotificationRule,
  type NotificationRulePatch,
  SEVERITIES,
  type Severity,
} from "@/api/contract.ts";
import { addRule, changeRule, channelsQuery, notificationKeys } from "@/api/notifications.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { SEVERITY_WORDS } from "@/parts/SeverityMark.tsx";
import styles from "./notifications.module.css";
import { DIGESTS, digestWords, EVENT_WORDS } from "./words.ts";

const EVERY = "every";
const FLOORS = [
  { value: EVERY, label: "Every severity" },
  ...SEVERITIES.slice(0, -1).map((severity) => ({
    value: severity,
    label: severity === "critical" ? "Critical only" : `${SEVERITY_WORDS[severity]} and worse`,
  })),
];

type Props = { rule: NotificationRule | null; onClose: () => void };

/** Adds a rule, or changes the one given. */
export function RuleDialog({ rule, onClose }: Props) {
  const channels = useQuery(channelsQuery);
  return (
    <Modal opened onClose={onClose} title={rule ? `Edit “${rule.name}”` : "Add a rule"}>
      {channels.data ? (
        <RuleForm rule={rule} channels={channels.data.items} onClose={onClose} />
      ) : channels.isError ? (
        <ProblemNotice
          error={channels.error}
          what="The channels could not be loaded, and a rule needs one."
          onRetry={() => void channels.refetch()}
        />
      ) : (
        <p className="quiet" aria-busy="true">
          Loading the channels
        </p>
      )}
    </Modal>
  );
}

type FormProps = Props & { channels: readonly NotificationChannel[] };

function RuleForm({ rule: present, channels, onClose }: FormProps) {
  // As it was when the dialog opened: what others change meanwhile is not to be overwritten unseen.
  const [rule] = useState(present);
  const choices = channels.map(({ id, name }) => ({ value: id, label: name }));
  const [name, setName] = useState(rule?.name ?? "");
  const [channel, setChannel] = useState<string | null>(rule?.channel_id ?? null);
  const [events, setEvents] = useState<NotificationEvent[]>(rule?.events ?? []);
  const [floor, setFloor] = useState<Severity | null>(rule?.min_severity ?? null);
  const [digest, setDigest] = useState(rule?.digest_s ?? 0);
  const [missing, setMissing] = useState(false);
  const chosen = channel ?? (choices.length === 1 ? (choices[0]?.value ?? null) : null);
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: (body: NewNotificationRule) => (rule ? changeRule(rule, changed(rule, body)) : addRule(body)),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: notificationKeys.all });
      onClose();
    },
  });
  const errors = fieldErrors(save.error, ["name", "channel_id", "events", "min_severity", "digest_s"]);
  const submit = () => {
    setMissing(chosen === null);
    if (chosen === null) return;
    const body = { name: name.trim(), channel_id: chosen, events, min_severity: floor, digest_s: digest };
    if (rule && Object.keys(changed(rule, body)).length === 0) onClose();
    else save.mutate(body);
  };
  const windows = DIGESTS.some(({ value }) => value === String(digest))
    ? DIGESTS
    : [...DIGESTS, { value: String(digest), label: digestWords(digest) }];
  return (
    <Form
      onSubmit={submit}
      error={save.error}
      errors={errors}
      failure={rule ? "The rule was not changed." : "The rule was not added."}
    >
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={errors.name}
        data-autofocus
      />
      <Select
        label="Channel"
        allowDeselect={false}
        data={choices}
        value={chosen}
        onChange={setChannel}
        error={errors.channel_id ?? (missing && chosen === null ? "Choose a channel." : undefined)}
      />
      <Checkbox.Group
        label="Events"
        value={events}
        onChange={(words) => setEvents(NOTIFICATION_EVENTS.filter((event) => words.includes(event)))}
        error={errors.events}
      >
        <div className={styles.stack} style={{ marginTop: 8, gap: 8 }}>
          {NOTIFICATION_EVENTS.map((event) => (
            <Checkbox key={event} value={event} label={EVENT_WORDS[event]} />
          ))}
        </div>
      </Checkbox.Group>
      <Select
        label="Least severity"
        description="Holds back findings whose worst is milder. Other events have no severity."
        allowDeselect={false}
        data={FLOORS}
        value={floor ?? EVERY}
        onChange={(word) => setFloor(SEVERITIES.find((severity) => severity === word) ?? null)}
        error={errors.min_severity}
      />
      <Select
        label="When"
        allowDeselect={false}
        data={windows}
        value={String(digest)}
        onChange={(seconds) => setDigest(Number(seconds ?? digest))}
        error={errors.digest_s}
      />
      <div>
        <Button type="submit" loading={save.isPending}>
          {rule ? "Save" : "Add rule"}
        </Button>
      </div>
    </Form>
  );
}

/** Nothing else: any change sends what the rule is collecting at once. */
function changed(rule: NotificationRule, body: NewNotificationRule): NotificationRulePatch {
  const before: NewNotificationRule = {
    name: rule.name,
    channel_id: rule.channel_id,
    events: rule.events,
    min_severity: rule.min_severity ?? null,
    digest_s: rule.digest_s,
  };
  const differs = (key: keyof NewNotificationRule) => said(before[key]) !== said(body[key]);
  return Object.fromEntries(
    Object.entries(body).filter(([key]) => differs(key as keyof NewNotificationRule)),
  );
}

/** Events have no order. */
const said = (value: unknown) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
