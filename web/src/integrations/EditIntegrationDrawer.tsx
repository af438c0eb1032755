import { Button, Drawer } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Connector, Integration, IntegrationPatch } from "@/api/contract.ts";
import { changeIntegration, connectorsQuery, integrationKeys } from "@/api/integrations.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import {
  type Connection,
  ConnectionFields,
  connectionErrorFields,
  hostOf,
  typedCredentials,
} from "./ConnectionFields.tsx";

type Props = { integration: Integration; onClose: () => void };

export function EditIntegrationDrawer({ integration, onClose }: Props) {
  const catalogue = useQuery(connectorsQuery);
  const connector = catalogue.data?.items.find((each) => each.id === integration.connector);
  return (
    <Drawer opened onClose={onClose} title={`Edit ${integration.name}`}>
      {connector ? (
        <EditForm integration={integration} connector={connector} onClose={onClose} />
      ) : catalogue.isError ? (
        <ProblemNotice
          error={catalogue.error}
          what="The connector's fields could not be loaded."
          onRetry={() => void catalogue.refetch()}
        />
      ) : (
        <p className="quiet">Loading the connector's fields</p>
      )}
    </Drawer>
  );
}

function EditForm({ integration: present, connector, onClose }: Props & { connector: Connector }) {
  // As it was when the drawer opened: what others change meanwhile is not to be overwritten unseen.
  const [integration] = useState(present);
  const [value, setValue] = useState<Connection>({
    name: integration.name,
    baseUrl: integration.base_url,
    authMethod: heldMethod(integration, connector),
    credentials: {},
    caPem: integration.ca_pem ?? "",
  });
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: (body: IntegrationPatch) => changeIntegration(integration, body),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: integrationKeys.all });
      onClose();
    },
  });
  const errors = fieldErrors(change.error, connectionErrorFields(connector, value.authMethod));
  const submit = () => {
    const credentials = typedCredentials(value.credentials);
    change.mutate({
      ...(value.name.trim() === integration.name ? {} : { name: value.name.trim() }),
      ...(value.baseUrl.trim() === integration.base_url ? {} : { base_url: value.baseUrl.trim() }),
      ...(Object.keys(credentials).length === 0 ? {} : { credentials }),
      ...(value.caPem.trim() === (integration.ca_pem ?? "").trim()
        ? {}
        : { ca_pem: value.caPem.trim() === "" ? null : value.caPem }),
    });
  };
  return (
    <Form onSubmit={submit} error={change.error} errors={errors} failure="The integration was not changed.">
      <ConnectionFields
        connector={connector}
        value={value}
        onChange={setValue}
        errors={errors}
        held={integration.credentials}
        hostChanged={hostOf(value.baseUrl) !== hostOf(integration.base_url)}
      />
      <div>
        <Button type="submit" loading={change.isPending}>
          Save changes
        </Button>
      </div>
    </Form>
  );
}

/** The way to sign in is told by which credentials are held. */
function heldMethod(integration: Integration, connector: Connector): string {
  const held = connector.auth_methods.find((method) =>
    method.fields.every((field) => integration.credentials[field.name]?.set),
  );
  return (held ?? connector.auth_methods[0])?.id ?? "";
}
