import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { componentListQuery } from "@/api/components.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { ComponentExportMenu } from "./ComponentExportMenu.tsx";
import { ComponentList } from "./ComponentList.tsx";
import { toComponentQuery } from "./component-filters.ts";

const route = getRouteApi("/console/components");

export function ComponentsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => toComponentQuery(search), [search]);
  const list = useInfiniteQuery(componentListQuery(filter));
  return (
    <>
      <PageHeader title="Components" counted={list.data?.pages[0]}>
        <ComponentExportMenu filter={filter} />
      </PageHeader>
      <ComponentList
        list={list}
        search={search}
        onSearch={(next) => void navigate({ search: next, replace: true })}
        nothingYet={
          <EmptyState title="No components yet">
            Packages and libraries appear here with the first SBOM: upload a CycloneDX or SPDX file, or scan a
            directory with the type sbom.
          </EmptyState>
        }
      />
    </>
  );
}
