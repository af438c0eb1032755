import type { Scan } from "@/api/contract.ts";
import { IMPORT_WORDS } from "./scan-filters.ts";

/** How much of the result is here. Never 100 % while the import still runs. */
export function importedWords(scan: Scan): string {
  switch (scan.import_state) {
    case "none":
      return "—";
    case "pending":
      return "pending";
    case "failed":
      return "failed";
    case "done":
      return `${Math.round(scan.imported_percent ?? 100)} %`;
    default:
      return typeof scan.imported_percent !== "number"
        ? "…"
        : `${Math.min(Math.floor(scan.imported_percent), 99)} %`;
  }
}

export function ImportMark({ scan }: { scan: Scan }) {
  return (
    <span
      className="numbers"
      data-tip={IMPORT_WORDS[scan.import_state]}
      style={
        scan.import_state === "failed"
          ? { color: "var(--status-failed)" }
          : scan.import_state === "partial"
            ? { color: "var(--severity-medium)" }
            : undefined
      }
    >
      {importedWords(scan)}
    </span>
  );
}
