import { Button, Drawer, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Connector, NewIntegration } from "@/api/contract.ts";
import { addIntegration, connectorsQuery, integrationKeys } from "@/api/integrations.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { SearchIcon } from "@/parts/icons.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import {
  type Connection,
  ConnectionFields,
  connectionErrorFields,
  typedCredentials,
} from "./ConnectionFields.tsx";
import { capabilityWords, spaced } from "./capability-words.ts";
import styles from "./integrations.module.css";

export function AddIntegrationDrawer({ onClose }: { onClose: () => void }) {
  const [connector, setConnector] = useState<Connector | null>(null);
  return (
    <Drawer
      opened
      onClose={onClose}
      title={connector ? `Add ${connector.vendor} ${connector.product}` : "Add an integration"}
    >
      {connector ? (
        <ConnectForm connector={connector} onBack={() => setConnector(null)} onClose={onClose} />
      ) : (
        <Catalogue onChoose={setConnector} />
      )}
    </Drawer>
  );
}

function Catalogue({ onChoose }: { onChoose: (connector: Connector) => void }) {
  const [text, setText] = useState("");
  const catalogue = useQuery(connectorsQuery);
  if (catalogue.isError) {
    return (
      <ProblemNotice
        error={catalogue.error}
        what="The connectors could not be loaded."
        onRetry={() => void catalogue.refetch()}
      />
    );
  }
  const wanted = text.trim().toLowerCase();
  const found = (catalogue.data?.items ?? []).filter((each) =>
    `${each.vendor} ${each.product} ${each.family} ${each.id}`.toLowerCase().includes(wanted),
  );
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <TextInput
        aria-label="Search connectors"
        placeholder="Search by vendor, product or family"
        leftSection={<SearchIcon size={14} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <ul className={styles.catalogue} aria-label="Connectors" aria-busy={catalogue.isPending}>
        {found.map((connector) => (
          <li key={connector.id}>
            <button type="button" className={styles.connector} onClick={() => onChoose(connector)}>
              <span>
                <strong>{connector.vendor}</strong> {connector.product}
              </span>
              <span className="quiet">{`${spaced(connector.family)} · proven ${connector.fidelity}`}</span>
            </button>
          </li>
        ))}
      </ul>
      {catalogue.isSuccess && found.length === 0 ? (
        <p className="quiet">
          No connector matches. A scanner without one can still be used by uploading its report.
        </p>
      ) : null}
    </div>
  );
}

type FormProps = { connector: Connector; onBack: () => void; onClose: () => void };

function ConnectForm({ connector, onBack, onClose }: FormProps) {
  const [value, setValue] = useState<Connection>({
    name: `${connector.vendor} ${connector.product}`,
    baseUrl: "",
    authMethod: connector.auth_methods[0]?.id ?? "",
    credentials: {},
    caPem: "",
  });
  const cache = useQueryClient();
  const navigate = useNavigate();
  const addition = useMutation({
    mutationFn: (body: NewIntegration) => addIntegration(body),
    onSuccess: async (integration) => {
      void cache.invalidateQueries({ queryKey: integrationKeys.all });
      onClose();
      await navigate({
        to: "/integrations/$integrationId",
        params: { integrationId: integration.id },
        search: {},
      });
    },
  });
  const errors = fieldErrors(addition.error, connectionErrorFields(connector, value.authMethod));
  const submit = () =>
    addition.mutate({
      connector: connector.id,
      name: value.name.trim(),
      base_url: value.baseUrl.trim(),
      credentials: typedCredentials(value.credentials),
      ...(value.caPem.trim() === "" ? {} : { ca_pem: value.caPem }),
      enabled: true,
    });
  return (
    <Form onSubmit={submit} error={addition.error} errors={errors} failure="The integration was not added.">
      <ConnectionFields connector={connector} value={value} onChange={setValue} errors={errors} />
      <p className="quiet">What this connector can do: {capabilityWords(connector)}.</p>
      <div className={styles.buttons}>
        <Button type="submit" loading={addition.isPending}>
          Add integration
        </Button>
        <Button variant="default" onClick={onBack}>
          Choose another
        </Button>
      </div>
    </Form>
  );
}
