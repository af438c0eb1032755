import { Button, Modal, Select, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  type NewSuppressionRule,
  SEVERITIES,
  type SuppressionExpression,
  type SuppressionRule,
} from "@/api/contract.ts";
import { findingKeys } from "@/api/findings.ts";
import { addSuppressionRule, changeSuppressionRule, suppressionKeys } from "@/api/suppression.ts";
import { membersQuery } from "@/api/triage.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { SEVERITY_WORDS } from "@/parts/SeverityMark.tsx";
import { SuppressionPreview } from "./SuppressionPreview.tsx";
import { filled } from "./words.ts";

const ANY = "any";
const MOST = [
  { value: ANY, label: "Any severity" },
  ...SEVERITIES.slice(1).map((severity) => ({
    value: severity,
    label: `${SEVERITY_WORDS[severity]} at most`,
  })),
];

const LISTS = [
  { key: "scanners", label: "Scanners", description: "Every scanner that sees the finding is one of these." },
  { key: "rules", label: "Rules of scanners", description: "Plugin or rule ids; * stands for any text." },
  { key: "cves", label: "CVEs", description: "Each CVE of the finding is one of these." },
  { key: "asset_tags", label: "Asset tags", description: undefined },
] as const;

const TEXTS = [
  { key: "asset_name", label: "Asset name", description: "* stands for any text." },
  {
    key: "location",
    label: "Location",
    description: "Path, URL or port such as 443/tcp; * stands for any text.",
  },
  { key: "title", label: "Title contains", description: undefined },
  { key: "package", label: "Package", description: "Package URL or name; * stands for any text." },
] as const;

const FIELDS = [
  "name",
  ...[...LISTS, ...TEXTS].map(({ key }) => `expression.${key}`),
  "expression.max_severity",
  "reason",
  "owner",
  "expires_at",
  // Behind its parts: what is wrong with one of them is told there.
  "expression",
];

type Props = {
  rule: SuppressionRule | null;
  /** What a new rule begins with. */
  draft?: SuppressionExpression;
  onClose: () => void;
};

/** Adds a rule, or changes the one given. */
export function SuppressionDialog({ rule: present, draft = {}, onClose }: Props) {
  // As it was when the dialog opened: what others change meanwhile is not to be overwritten unseen.
  const [rule] = useState(present);
  const members = useQuery(membersQuery);
  const [name, setName] = useState(rule?.name ?? "");
  const [expression, setExpression] = useState(rule?.expression ?? draft);
  const [reason, setReason] = useState(rule?.reason ?? "");
  const [owner, setOwner] = useState<string | null>(rule?.owner.id ?? null);
  const [day, setDay] = useState(rule?.expires_at.slice(0, 10) ?? "");
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: (body: NewSuppressionRule) =>
      rule ? changeSuppressionRule(rule, body) : addSuppressionRule(body),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: suppressionKeys.all });
      void cache.invalidateQueries({ queryKey: findingKeys.all });
      onClose();
    },
  });
  const errors = fieldErrors(save.error, FIELDS);
  const set = (part: SuppressionExpression) => setExpression((before) => ({ ...before, ...part }));
  const end = day && day === rule?.expires_at.slice(0, 10) ? rule.expires_at : `${day}T00:00:00Z`;
  const submit = () =>
    save.mutate({
      name: name.trim(),
      expression: filled(expression),
      reason: reason.trim(),
      expires_at: end,
      ...(owner && owner !== rule?.owner.id ? { owner } : {}),
    });
  return (
    <Modal opened onClose={onClose} size="lg" title={rule ? `Edit “${rule.name}”` : "Add a suppression rule"}>
      <Form
        onSubmit={submit}
        error={save.error}
        errors={errors}
        failure={rule ? "The rule was not changed." : "The rule was not added."}
      >
        <TextInput
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={errors.name}
          data-autofocus
        />
        {LISTS.map(({ key, label, description }) => (
          <TagsInput
            key={key}
            label={label}
            description={description}
            value={expression[key] ?? []}
            onChange={(entries) => set({ [key]: entries })}
            error={errors[`expression.${key}`]}
          />
        ))}
        {TEXTS.map(({ key, label, description }) => (
          <TextInput
            key={key}
            label={label}
            description={description}
            value={expression[key] ?? ""}
            onChange={(event) => set({ [key]: event.currentTarget.value })}
            error={errors[`expression.${key}`]}
          />
        ))}
        <Select
          label="Severity"
          allowDeselect={false}
          data={MOST}
          value={expression.max_severity ?? ANY}
          onChange={(word) => set({ max_severity: SEVERITIES.find((severity) => severity === word) ?? null })}
          error={errors["expression.max_severity"] ?? errors.expression}
        />
        <SuppressionPreview expression={filled(expression)} />
        <TextInput
          label="Reason"
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={errors.reason}
        />
        <Select
          label="Owner"
          placeholder="You"
          searchable
          data={(members.data?.items ?? []).map((member) => ({
            value: member.id,
            label: member.name || member.email,
          }))}
          value={owner}
          onChange={setOwner}
          error={errors.owner}
        />
        <TextInput
          label="Until"
          type="date"
          required
          value={day}
          onChange={(event) => setDay(event.currentTarget.value)}
          error={errors.expires_at}
        />
        <div>
          <Button type="submit" loading={save.isPending}>
            {rule ? "Save" : "Add rule"}
          </Button>
        </div>
      </Form>
    </Modal>
  );
}
