import { Button, Checkbox, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { NewScan } from "@/api/contract.ts";
import { integrationListQuery, subScannersQuery } from "@/api/integrations.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./scans.module.css";
import { readTargets } from "./targets.ts";

type Props = { onSubmit: (body: NewScan) => void; error: unknown; pending: boolean };

const FIELDS = ["name", "integration_id", "template", "folder", "targets", "sub_scanner_id"];

export function IntegrationScanForm({ onSubmit, error, pending }: Props) {
  const [name, setName] = useState("");
  const [integrationId, setIntegrationId] = useState<string | null>(null);
  const [subScanner, setSubScanner] = useState<string | null>(null);
  const [template, setTemplate] = useState("");
  const [folder, setFolder] = useState("");
  const [text, setText] = useState("");
  const [launch, setLaunch] = useState(true);
  const integrations = useQuery(integrationListQuery);
  const subScanners = useQuery({ ...subScannersQuery(integrationId ?? ""), enabled: integrationId !== null });
  const errors = fieldErrors(error, FIELDS);
  const targets = readTargets(text);

  if (integrations.isError) {
    return (
      <ProblemNotice
        error={integrations.error}
        what="The integrations could not be loaded."
        onRetry={() => void integrations.refetch()}
      />
    );
  }
  const choices = integrations.data?.items ?? [];
  if (integrations.isSuccess && choices.length === 0) {
    return (
      <EmptyState title="No integration yet" actions={<Link to="/integrations">Add an integration</Link>}>
        A scan at a vendor needs a connection to it.
      </EmptyState>
    );
  }

  const submit = () =>
    onSubmit({
      ...(name.trim() === "" ? {} : { name: name.trim() }),
      ...(integrationId ? { integration_id: integrationId } : {}),
      ...(subScanner ? { sub_scanner_id: subScanner } : {}),
      ...(template.trim() === "" ? {} : { template: template.trim() }),
      ...(folder.trim() === "" ? {} : { folder: folder.trim() }),
      targets: targets.unique,
      launch,
    });

  return (
    <Form onSubmit={submit} error={error} errors={errors} failure="The scan was not created.">
      <Select
        label="Integration"
        placeholder="Choose where it runs"
        searchable
        data={choices.map((each) => ({
          value: each.id,
          label: each.enabled ? each.name : `${each.name} (disabled)`,
          disabled: !each.enabled,
        }))}
        value={integrationId}
        onChange={(value) => {
          setIntegrationId(value);
          setSubScanner(null);
        }}
        error={errors.integration_id}
      />
      {(subScanners.data?.items.length ?? 0) > 0 ? (
        <Select
          label="Sub-scanner"
          description="Pinned scans run on this node and nowhere else."
          placeholder="Let the scanner choose"
          clearable
          data={subScanners.data?.items.map((each) => ({ value: each.id, label: each.name })) ?? []}
          value={subScanner}
          onChange={setSubScanner}
          error={errors.sub_scanner_id}
        />
      ) : null}
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={errors.name}
      />
      <TextInput
        label="Template or policy"
        description="The vendor's own name or id of it."
        value={template}
        onChange={(event) => setTemplate(event.currentTarget.value)}
        error={errors.template}
      />
      <TextInput
        label="Folder"
        description="Only for scanners that keep scans in folders."
        value={folder}
        onChange={(event) => setFolder(event.currentTarget.value)}
        error={errors.folder}
      />
      <Textarea
        label="Targets"
        description={targetWords(targets)}
        placeholder={"10.20.0.0/24\nhttps://shop.example.com"}
        autosize
        minRows={4}
        maxRows={12}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={errors.targets}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      <Checkbox
        label="Launch as soon as it is created"
        checked={launch}
        onChange={(event) => setLaunch(event.currentTarget.checked)}
      />
      <div className={styles.buttons}>
        <Button type="submit" loading={pending}>
          {launch ? "Create and launch" : "Create scan"}
        </Button>
      </div>
    </Form>
  );
}

function targetWords({ unique, repeated }: ReturnType<typeof readTargets>): string {
  if (unique.length === 0) return "One a line; commas and spaces separate too.";
  const again = repeated.length === 0 ? "" : `, ${repeated.length} repeated and sent once`;
  return `${unique.length.toLocaleString()} ${unique.length === 1 ? "target" : "targets"}${again}`;
}
