import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { componentListQuery } from "@/api/components.ts";
import { ComponentExportMenu } from "@/components/ComponentExportMenu.tsx";
import { ComponentList } from "@/components/ComponentList.tsx";
import { toComponentQuery } from "@/components/component-filters.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import type { Search } from "@/parts/filters.ts";

type Props = { assetId: string; search: Search; onSearch: (search: Search) => void };

export function ComponentsTab({ assetId, search, onSearch }: Props) {
  const filter = useMemo(() => ({ ...toComponentQuery(search), asset_id: assetId }), [search, assetId]);
  const list = useInfiniteQuery(componentListQuery(filter));
  return (
    <ComponentList
      list={list}
      search={search}
      onSearch={onSearch}
      assetId={assetId}
      nothingYet={
        <EmptyState title="No inventory of it yet">
          An SBOM tells what it is made of: upload a CycloneDX or SPDX file that names it, or scan its source
          with the type sbom.
        </EmptyState>
      }
    >
      <ComponentExportMenu filter={filter} />
    </ComponentList>
  );
}
