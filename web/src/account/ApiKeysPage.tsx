import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { apiKeysQuery, createApiKey, revokeApiKey } from "@/api/api-keys.ts";
import type { ApiKey, Role } from "@/api/contract.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SecretDialog } from "@/parts/SecretDialog.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import styles from "./account.module.css";

export function ApiKeysPage() {
  const keys = useQuery(apiKeysQuery);
  const [creating, { open, close }] = useDisclosure(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const rows = keys.data?.items ?? [];
  const create = (
    <Button leftSection={<PlusIcon size={14} />} onClick={open}>
      Create key
    </Button>
  );
  return (
    <>
      <PageHeader title="API keys" counted={keys.isSuccess ? { total: rows.length } : undefined}>
        {create}
      </PageHeader>
      <div className={styles.panel}>
        <TableSection
          label="API keys"
          query={keys}
          rows={rows}
          rowId={(key) => key.id}
          columns={keyColumns(setRevoking)}
          failure="The keys could not be loaded."
          empty={
            <EmptyState part title="No API keys yet" actions={create}>
              A key lets a script, the command line or a pipeline use this hub.
            </EmptyState>
          }
        />
      </div>
      {creating ? <CreateKeyDialog onClose={close} /> : null}
      {revoking ? <RevokeKeyDialog apiKey={revoking} onClose={() => setRevoking(null)} /> : null}
    </>
  );
}

const keyColumns = (revoke: (key: ApiKey) => void): readonly TableColumn<ApiKey>[] => [
  { header: "Name", cell: (key) => key.name },
  { header: "Begins with", cell: (key) => <span className="mono">{key.prefix}</span> },
  { header: "Role", cell: (key) => key.role },
  { header: "Created", cell: (key) => <RelativeTime at={key.created_at} /> },
  {
    header: "Last used",
    cell: (key) =>
      key.last_used_at ? <RelativeTime at={key.last_used_at} /> : <span className="quiet">never</span>,
  },
  {
    header: "Action",
    actions: true,
    cell: (key) => (
      <Button variant="default" aria-label={`Revoke ${key.name}`} onClick={() => revoke(key)}>
        Revoke
      </Button>
    ),
  },
];

const ROLES: { value: Role; label: string }[] = [
  { value: "viewer", label: "Viewer: read only" },
  { value: "analyst", label: "Analyst: run scans, judge findings" },
  { value: "engineer", label: "Engineer: also integrations and schedules" },
  { value: "admin", label: "Admin: everything in this company" },
];

function CreateKeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const cache = useQueryClient();
  const creation = useMutation({
    mutationFn: () => createApiKey({ name: name.trim(), role }),
    onSuccess: () => cache.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
  const errors = fieldErrors(creation.error, ["name", "role"]);
  if (creation.data) {
    return <SecretDialog title="Your new key" what="key" secret={creation.data.secret} onClose={onClose} />;
  }
  const close = () => {
    // The answer brings a secret that would be lost.
    if (!creation.isPending) onClose();
  };
  return (
    <Modal opened onClose={close} title="Create an API key">
      <Form
        onSubmit={() => creation.mutate()}
        error={creation.error}
        errors={errors}
        failure="No key was created."
      >
        <TextInput
          label="Name"
          description="What will use it, for example “nightly pipeline”."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={errors.name}
          data-autofocus
        />
        <Select
          label="Role"
          allowDeselect={false}
          data={ROLES}
          value={role}
          onChange={(chosen) => setRole(ROLES.find(({ value }) => value === chosen)?.value ?? role)}
          error={errors.role}
        />
        <div>
          <Button type="submit" loading={creation.isPending}>
            Create key
          </Button>
        </div>
      </Form>
    </Modal>
  );
}

function RevokeKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const cache = useQueryClient();
  return (
    <ConfirmDialog
      title={`Revoke “${apiKey.name}”`}
      verb="Revoke key"
      failure="The key still works."
      act={async () => {
        await revokeApiKey(apiKey.id);
        await cache.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
        onClose();
      }}
      onClose={onClose}
    >
      <p>Whatever uses this key is refused from now on. This cannot be undone.</p>
    </ConfirmDialog>
  );
}
