import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Scan } from "@/api/contract.ts";
import { scanFindingsQuery } from "@/api/scans.ts";
import { FindingList } from "@/findings/FindingList.tsx";
import { toFindingFilter, toFindingQuery } from "@/findings/finding-filters.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import type { Search } from "@/parts/filters.ts";

type Props = { scan: Scan; search: Search; onSearch: (search: Search) => void };

export function ScanFindingsTab({ scan, search, onSearch }: Props) {
  const filter = useMemo(() => toFindingQuery(search), [search]);
  const list = useInfiniteQuery(scanFindingsQuery(scan.id, filter));
  return (
    <FindingList
      list={list}
      filter={{ ...toFindingFilter(filter), scan_id: scan.id }}
      search={search}
      onSearch={onSearch}
      nothingYet={
        <EmptyState title="No findings imported yet">
          {scan.import_state === "done"
            ? "The import is complete and this scan found nothing."
            : "They appear here as soon as the result is imported."}
        </EmptyState>
      }
    />
  );
}
