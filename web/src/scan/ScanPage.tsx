import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Scan } from "@/api/contract.ts";
import { scanQuery } from "@/api/scans.ts";
import { CopyButton } from "@/parts/CopyButton.tsx";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { first } from "@/parts/filters.ts";
import { isMissing } from "@/parts/missing.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { StatusMark } from "@/parts/StatusMark.tsx";
import { NotFound } from "@/parts/Unexpected.tsx";
import { useVendorName } from "@/parts/vendor.ts";
import { LiveSwitch } from "@/shell/LiveSwitch.tsx";
import { followInterval, useLive } from "@/shell/live.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { ActivityTab } from "./ActivityTab.tsx";
import { ConfigTab } from "./ConfigTab.tsx";
import { MetadataPanel } from "./MetadataPanel.tsx";
import { ScanActionBar } from "./ScanActionBar.tsx";
import { ScanFigures } from "./ScanFigures.tsx";
import { ScanFindingsTab } from "./ScanFindingsTab.tsx";
import { ScannerTab } from "./ScannerTab.tsx";
import styles from "./scan.module.css";

const route = getRouteApi("/console/scans/$scanId");
const TABS = ["scanner", "findings", "config", "activity"] as const;

export function ScanPage() {
  const { scanId } = route.useParams();
  const live = useLive();
  const scan = useQuery({
    ...scanQuery(scanId),
    refetchInterval: (query) => followInterval(live.on, query.state.data?.status),
  });
  if (scan.data) return <ScanView key={scanId} scan={scan.data} error={scan.error} />;
  if (isMissing(scan.error)) return <NotFound />;
  if (scan.isError) {
    return (
      <>
        <PageHeader title="Scan" />
        <div className={styles.notices}>
          <ProblemNotice
            error={scan.error}
            what="This scan could not be loaded."
            onRetry={() => void scan.refetch()}
          />
        </div>
      </>
    );
  }
  return (
    <>
      <PageHeader title="Scan" />
      <GridSkeleton label="Loading the scan" />
    </>
  );
}

function ScanView({ scan, error }: { scan: Scan; error: Error | null }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const vendor = useVendorName(scan.vendor);
  const asked = first(search, "tab");
  const tab = TABS.find((each) => each === asked) ?? (scan.import_state === "done" ? "findings" : "scanner");
  return (
    <>
      <div className={styles.back}>
        <Link to="/scans" search={{}}>
          Scans
        </Link>
      </div>
      <PageHeader
        title={scan.name}
        heading={
          <span className={styles.title}>
            {scan.name} <CopyButton text={scan.name} what="name" />
          </span>
        }
      >
        <LiveSwitch />
      </PageHeader>
      <div className={styles.state}>
        <StatusMark status={scan.status} progress={scan.progress} vendorWord={scan.vendor_status_raw} />
        <span className="quiet">{vendor}</span>
        <ScanActionBar scan={scan} />
      </div>
      <div className={styles.notices}>
        {error ? <ProblemNotice error={error} what="This is not the newest state." /> : null}
        {scan.error ? <ProblemNotice error={new Error(scan.error)} what="The scan failed." /> : null}
      </div>
      <ScanFigures scan={scan} />
      <div className={styles.columns} data-fill={tab === "findings" || undefined}>
        <Tabs
          value={tab}
          keepMounted={false}
          onChange={(value) => value && void navigate({ search: { tab: [value] }, replace: true })}
          className={styles.tabs}
        >
          <Tabs.List aria-label="Parts of this scan">
            <Tabs.Tab value="scanner">Scanner</Tabs.Tab>
            <Tabs.Tab value="findings">Findings</Tabs.Tab>
            <Tabs.Tab value="config">Config</Tabs.Tab>
            <Tabs.Tab value="activity">Activity</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="scanner">
            <ScannerTab scan={scan} />
          </Tabs.Panel>
          <Tabs.Panel value="findings" className={styles.filling}>
            <ScanFindingsTab
              scan={scan}
              search={search}
              onSearch={(next) => void navigate({ search: { ...next, tab: ["findings"] }, replace: true })}
            />
          </Tabs.Panel>
          <Tabs.Panel value="config">
            <ConfigTab scan={scan} />
          </Tabs.Panel>
          <Tabs.Panel value="activity">
            <ActivityTab scan={scan} />
          </Tabs.Panel>
        </Tabs>
        <MetadataPanel scan={scan} />
      </div>
    </>
  );
}
