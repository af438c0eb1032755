import type { Scan } from "@/api/contract.ts";
import { Figures } from "@/parts/Facts.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { importedWords } from "@/scans/ImportMark.tsx";
import { Duration } from "@/scans/scan-columns.tsx";

export function ScanFigures({ scan }: { scan: Scan }) {
  return (
    <Figures
      label="Key figures"
      facts={[
        { label: "Findings", value: scan.counts?.total.toLocaleString() },
        { label: "Imported", value: importedWords(scan) },
        { label: "Assets", value: scan.asset_count?.toLocaleString() },
        ...(scan.components == null
          ? []
          : [{ label: "Components", value: scan.components.toLocaleString() }]),
        { label: "Targets", value: scan.target_count?.toLocaleString() },
        { label: "Duration", value: <Duration scan={scan} /> },
        { label: "Finished", value: <RelativeTime at={scan.finished_at} /> },
      ]}
    />
  );
}
