import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Integration } from "@/api/contract.ts";
import { integrationListQuery } from "@/api/integrations.ts";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { MiddleEllipsis } from "@/parts/MiddleEllipsis.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { useRefresh } from "@/scans/useRefresh.tsx";
import { LiveSwitch } from "@/shell/LiveSwitch.tsx";
import { useLive } from "@/shell/live.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { HealthMark } from "./HealthMark.tsx";
import styles from "./integrations.module.css";

const AddIntegrationDrawer = onDemand(
  async () => (await import("./AddIntegrationDrawer.tsx")).AddIntegrationDrawer,
);
const REFRESH_MS = 30_000;

export function IntegrationsPage() {
  const live = useLive();
  const list = useQuery({ ...integrationListQuery, refetchInterval: live.on ? REFRESH_MS : false });
  const [adding, { open, close }] = useDisclosure(false);
  const mayManage = usePermission("integration:manage");
  const refresh = useRefresh();
  const rows = list.data?.items ?? [];
  const add = (
    <ReasonButton unavailable={mayManage} leftSection={<PlusIcon size={14} />} onClick={open}>
      Add integration
    </ReasonButton>
  );
  return (
    <>
      <PageHeader title="Integrations" counted={list.isSuccess ? { total: rows.length } : undefined}>
        <LiveSwitch />
        {refresh.button}
        {add}
      </PageHeader>
      <div className={styles.notices}>
        {refresh.notice}
        {list.isError && rows.length > 0 ? (
          <ProblemNotice
            error={list.error}
            what="These rows are not the newest."
            onRetry={() => void list.refetch()}
          />
        ) : null}
      </div>
      {list.isPending ? (
        <GridSkeleton label="Loading integrations" rows={6} />
      ) : rows.length > 0 ? (
        <>
          <div className={styles.head} aria-hidden="true">
            <span>Health</span>
            <span>Name</span>
            <span>Product</span>
            <span>Last success</span>
            <span>Next poll</span>
            <span>Scans</span>
          </div>
          <ul className={styles.list} aria-label="Integrations">
            {rows.map((integration) => (
              <Row key={integration.id} integration={integration} />
            ))}
          </ul>
        </>
      ) : list.isError ? (
        <EmptyState
          title="The integrations could not be loaded"
          actions={
            <Button variant="default" onClick={() => void list.refetch()}>
              Retry
            </Button>
          }
        >
          Nothing is lost: the hub did not answer as it should. {list.error.message}
        </EmptyState>
      ) : (
        <EmptyState title="No integrations yet" actions={add}>
          Connect a scanner and Scanhelm mirrors its scans, follows them and imports their results.
        </EmptyState>
      )}
      {adding ? <AddIntegrationDrawer onClose={close} /> : null}
    </>
  );
}

function Row({ integration }: { integration: Integration }) {
  const { health } = integration;
  return (
    <li className={styles.row}>
      <HealthMark integration={integration} />
      <Link
        to="/integrations/$integrationId"
        params={{ integrationId: integration.id }}
        search={{}}
        className={styles.name}
      >
        <MiddleEllipsis text={integration.name} />
      </Link>
      <span>
        {integration.vendor} <span className="quiet">{integration.product ?? ""}</span>
      </span>
      <span>
        <span className={styles.small}>Last success </span>
        <RelativeTime at={health?.last_success_at} />
      </span>
      <span>
        <span className={styles.small}>Next poll </span>
        {integration.enabled ? <RelativeTime at={health?.next_poll_at} /> : <span className="quiet">—</span>}
      </span>
      <span>
        <Link to="/scans" search={{ integration_id: [integration.id] }}>
          Show scans
        </Link>
      </span>
      {integration.enabled && health?.error ? (
        <span className={styles.trouble}>
          {health.error} {health.next_step ? <strong>{health.next_step}</strong> : null}
        </span>
      ) : null}
    </li>
  );
}
