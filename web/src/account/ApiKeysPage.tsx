import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { apiKeysQuery, createApiKey, revokeApiKey } from "@/api/api-keys.ts";
import type { ApiKey, Role } from "@/api/contract.ts";
import { CopyButton } from "@/parts/CopyButton.tsx";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState, Notice } from "@/parts/EmptyState.tsx";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
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
      <PageHeader title="API keys" count={keys.isSuccess ? rows.length : null}>
        {create}
      </PageHeader>
      {keys.isPending ? (
        <GridSkeleton label="Loading API keys" rows={4} />
      ) : keys.isError ? (
        <div className={styles.panel}>
          <ProblemNotice
            error={keys.error}
            what="The keys could not be loaded."
            onRetry={() => void keys.refetch()}
          />
        </div>
      ) : rows.length === 0 ? (
        <EmptyState title="No API keys yet" actions={create}>
          A key lets a script, the command line or a pipeline use this hub.
        </EmptyState>
      ) : (
        <div className={`${styles.panel} ${styles.scroll}`}>
          <table className={styles.table}>
            <caption className="visually-hidden">API keys</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Begins with</th>
                <th scope="col">Role</th>
                <th scope="col">Created</th>
                <th scope="col">Last used</th>
                <th scope="col">
                  <span className="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((key) => (
                <tr key={key.id}>
                  <td>{key.name}</td>
                  <td className="mono">{key.prefix}</td>
                  <td>{key.role}</td>
                  <td>
                    <RelativeTime at={key.created_at} />
                  </td>
                  <td>
                    {key.last_used_at ? (
                      <RelativeTime at={key.last_used_at} />
                    ) : (
                      <span className="quiet">never</span>
                    )}
                  </td>
                  <td style={{ textAlign: "right" }}>
                    <Button
                      variant="default"
                      aria-label={`Revoke ${key.name}`}
                      onClick={() => setRevoking(key)}
                    >
                      Revoke
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating ? <CreateKeyDialog onClose={close} /> : null}
      {revoking ? <RevokeKeyDialog apiKey={revoking} onClose={() => setRevoking(null)} /> : null}
    </>
  );
}

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
    return (
      <Modal opened onClose={onClose} title="Your new key" closeOnClickOutside={false}>
        <div style={{ display: "grid", gap: 12 }}>
          <Notice tone="warning">Copy it now. It is shown this once and cannot be read again.</Notice>
          <div className={styles.secret}>
            <span className="mono">{creation.data.secret}</span>
            <CopyButton text={creation.data.secret} what="key" />
          </div>
          <div className={styles.buttons}>
            <Button onClick={onClose}>I have copied it</Button>
          </div>
        </div>
      </Modal>
    );
  }
  return (
    <Modal opened onClose={onClose} title="Create an API key">
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
  const revocation = useMutation({
    mutationFn: () => revokeApiKey(apiKey.id),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Revoke “${apiKey.name}”`}>
      <div style={{ display: "grid", gap: 12 }}>
        {revocation.isError ? <ProblemNotice error={revocation.error} what="The key still works." /> : null}
        <p>Whatever uses this key is refused from now on. This cannot be undone.</p>
        <div className={styles.buttons}>
          <Button color="red.8" loading={revocation.isPending} onClick={() => revocation.mutate()}>
            Revoke key
          </Button>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  );
}
