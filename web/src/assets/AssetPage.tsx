import { Tabs } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { assetFindingsQuery, assetQuery } from "@/api/assets.ts";
import type { AssetDetail } from "@/api/contract.ts";
import { FindingList } from "@/findings/FindingList.tsx";
import { toFindingFilter, toFindingQuery } from "@/findings/finding-filters.ts";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState, Notice } from "@/parts/EmptyState.tsx";
import { Figures } from "@/parts/Facts.tsx";
import { first } from "@/parts/filters.ts";
import { isMissing } from "@/parts/missing.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SeverityBar } from "@/parts/SeverityBar.tsx";
import { NotFound } from "@/parts/Unexpected.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { AssetOwner } from "./AssetOwner.tsx";
import { KIND_WORDS } from "./asset-filters.ts";
import styles from "./assets.module.css";
import { ComponentsTab } from "./ComponentsTab.tsx";
import { CoverageTab } from "./CoverageTab.tsx";
import { MergesTab } from "./MergesTab.tsx";

const route = getRouteApi("/console/assets/$assetId");
const TABS = ["findings", "components", "coverage", "identity", "merged"] as const;

export function AssetPage() {
  const { assetId } = route.useParams();
  const asset = useQuery(assetQuery(assetId));
  if (asset.data) return <AssetView key={assetId} asset={asset.data} />;
  if (isMissing(asset.error)) return <NotFound />;
  return (
    <>
      <PageHeader title="Asset" />
      {asset.isError ? (
        <div className={styles.notices}>
          <ProblemNotice
            error={asset.error}
            what="This asset could not be loaded."
            onRetry={() => void asset.refetch()}
          />
        </div>
      ) : (
        <GridSkeleton label="Loading the asset" rows={6} />
      )}
    </>
  );
}

function AssetView({ asset }: { asset: AssetDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tab = TABS.find((each) => each === first(search, "tab")) ?? "findings";
  return (
    <>
      <div className={styles.crumb}>
        <Link to="/assets" search={{}}>
          Assets
        </Link>
      </div>
      <PageHeader title={asset.name} />
      <Figures
        label="About this asset"
        facts={[
          { label: "Kind", value: KIND_WORDS[asset.kind] ?? asset.kind },
          { label: "Open findings", value: <SeverityBar counts={asset.open_findings} /> },
          { label: "System", value: asset.operating_system },
          { label: "First seen", value: <RelativeTime at={asset.first_seen_at} /> },
          { label: "Last seen", value: <RelativeTime at={asset.last_seen_at} stale={asset.stale} /> },
        ]}
      />
      <div className={styles.notices}>
        {asset.merged_into ? (
          <Notice tone="plain">
            This asset was merged into{" "}
            <Link to="/assets/$assetId" params={{ assetId: asset.merged_into }} search={{ tab: ["merged"] }}>
              another one
            </Link>
            , where its findings are.
          </Notice>
        ) : null}
        <AssetOwner asset={asset} />
      </div>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => value && void navigate({ search: { tab: [value] }, replace: true })}
      >
        <Tabs.List aria-label="Parts of this asset">
          <Tabs.Tab value="findings">Findings</Tabs.Tab>
          <Tabs.Tab value="components">Components</Tabs.Tab>
          <Tabs.Tab value="coverage">Coverage</Tabs.Tab>
          <Tabs.Tab value="identity">Recognised by</Tabs.Tab>
          <Tabs.Tab value="merged">Merged</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="findings" className={styles.filling}>
          <AssetFindings asset={asset} />
        </Tabs.Panel>
        <Tabs.Panel value="components" className={styles.filling}>
          <ComponentsTab
            assetId={asset.id}
            search={search}
            onSearch={(next) => void navigate({ search: next, replace: true })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="coverage">
          <CoverageTab coverage={asset.coverage} />
        </Tabs.Panel>
        <Tabs.Panel value="identity">
          <div className={styles.panel}>
            <ul className={`${styles.keys} mono`}>
              {asset.keys.map((key) => (
                <li key={key}>{key}</li>
              ))}
            </ul>
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="merged">
          <MergesTab asset={asset} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function AssetFindings({ asset }: { asset: AssetDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => toFindingQuery(search), [search]);
  const list = useInfiniteQuery(assetFindingsQuery(asset.id, filter));
  return (
    <FindingList
      list={list}
      filter={{ ...toFindingFilter(filter), asset_id: asset.id }}
      search={search}
      onSearch={(next) => void navigate({ search: next, replace: true })}
      nothingYet={
        <EmptyState title="Nothing was found on it">
          The coverage tells which scanner has looked, and how.
        </EmptyState>
      }
    />
  );
}
