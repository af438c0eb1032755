import { Tabs } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Integration } from "@/api/contract.ts";
import { changeIntegration, connectorsQuery, integrationKeys, integrationQuery } from "@/api/integrations.ts";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { first } from "@/parts/filters.ts";
import { isMissing } from "@/parts/missing.ts";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { NotFound } from "@/parts/Unexpected.tsx";
import { useRefresh } from "@/scans/useRefresh.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { BlocklistTab } from "./BlocklistTab.tsx";
import { HealthMark } from "./HealthMark.tsx";
import { HealthTab } from "./HealthTab.tsx";
import styles from "./integrations.module.css";
import { RemoteScansTab } from "./RemoteScansTab.tsx";
import { SubScannersTab } from "./SubScannersTab.tsx";
import { useBackfill } from "./useBackfill.tsx";
import { WebhookTab } from "./WebhookTab.tsx";

const DeleteIntegrationDialog = onDemand(
  async () => (await import("./DeleteIntegrationDialog.tsx")).DeleteIntegrationDialog,
);
const EditIntegrationDrawer = onDemand(
  async () => (await import("./EditIntegrationDrawer.tsx")).EditIntegrationDrawer,
);
const route = getRouteApi("/console/integrations/$integrationId");
const TABS = ["health", "remote-scans", "sub-scanners", "blocklist", "webhook"] as const;

export function IntegrationPage() {
  const { integrationId } = route.useParams();
  const integration = useQuery(integrationQuery(integrationId));
  if (integration.data) return <IntegrationView key={integrationId} integration={integration.data} />;
  if (isMissing(integration.error)) return <NotFound />;
  return (
    <>
      <PageHeader title="Integration" />
      {integration.isError ? (
        <div className={styles.notices}>
          <ProblemNotice
            error={integration.error}
            what="This integration could not be loaded."
            onRetry={() => void integration.refetch()}
          />
        </div>
      ) : (
        <GridSkeleton label="Loading the integration" rows={6} />
      )}
    </>
  );
}

function IntegrationView({ integration }: { integration: Integration }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const cache = useQueryClient();
  const [editing, { open: edit, close: closeEdit }] = useDisclosure(false);
  const [deleting, { open: remove, close: closeDelete }] = useDisclosure(false);
  const mayManage = usePermission("integration:manage");
  const { data: connectors } = useQuery(connectorsQuery);
  const offers = connectors?.items.find(({ id }) => id === integration.connector)?.capabilities;
  const refresh = useRefresh(integration.id);
  const backfill = useBackfill(integration);
  const toggle = useMutation({
    mutationFn: (enabled: boolean) => changeIntegration(integration, { enabled }),
    onSettled: () => cache.invalidateQueries({ queryKey: integrationKeys.all }),
  });
  const asked = TABS.find((each) => each === first(search, "tab")) ?? "health";
  const tab = asked === "webhook" && !offers?.webhooks ? "health" : asked;
  return (
    <>
      <div style={{ padding: "10px 20px 0", fontSize: 12 }}>
        <Link to="/integrations">Integrations</Link>
      </div>
      <PageHeader title={integration.name}>
        {refresh.button}
        {offers?.history ? backfill.button : null}
        <ReasonButton
          variant="default"
          unavailable={mayManage}
          loading={toggle.isPending}
          data-tip={
            integration.enabled
              ? "Polling and adoption stop; scans and findings stay."
              : "Polling and adoption start again."
          }
          onClick={() => toggle.mutate(!integration.enabled)}
        >
          {integration.enabled ? "Disable" : "Enable"}
        </ReasonButton>
        <ReasonButton variant="default" unavailable={mayManage} onClick={edit}>
          Edit
        </ReasonButton>
        <ReasonButton variant="default" unavailable={mayManage} onClick={remove}>
          Delete
        </ReasonButton>
      </PageHeader>
      <div className={styles.notices}>
        <div className={styles.buttons} style={{ alignItems: "center", gap: 14, fontSize: 13 }}>
          <HealthMark integration={integration} />
          <span className="quiet">
            {integration.vendor} {integration.product ?? ""}
          </span>
          <span className="mono">{integration.base_url}</span>
          <Link to="/scans" search={{ integration_id: [integration.id] }}>
            Its scans
          </Link>
        </div>
        {toggle.isError ? <ProblemNotice error={toggle.error} what="Nothing was changed." /> : null}
        {refresh.notice}
        {backfill.notice}
      </div>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => value && void navigate({ search: { tab: [value] }, replace: true })}
      >
        <Tabs.List aria-label="Parts of this integration">
          <Tabs.Tab value="health">Health</Tabs.Tab>
          <Tabs.Tab value="remote-scans">Scans at the vendor</Tabs.Tab>
          <Tabs.Tab value="sub-scanners">Sub-scanners</Tabs.Tab>
          <Tabs.Tab value="blocklist">Blocklist</Tabs.Tab>
          {offers?.webhooks ? <Tabs.Tab value="webhook">Webhook</Tabs.Tab> : null}
        </Tabs.List>
        <Tabs.Panel value="health">
          <HealthTab integration={integration} />
        </Tabs.Panel>
        <Tabs.Panel value="remote-scans">
          <RemoteScansTab integration={integration} />
        </Tabs.Panel>
        <Tabs.Panel value="sub-scanners">
          <SubScannersTab integration={integration} />
        </Tabs.Panel>
        <Tabs.Panel value="blocklist">
          <BlocklistTab integration={integration} />
        </Tabs.Panel>
        <Tabs.Panel value="webhook">
          <WebhookTab integration={integration} />
        </Tabs.Panel>
      </Tabs>
      {editing ? <EditIntegrationDrawer integration={integration} onClose={closeEdit} /> : null}
      {deleting ? <DeleteIntegrationDialog integration={integration} onClose={closeDelete} /> : null}
    </>
  );
}
