/** The list under its filters, as a file. The browser downloads it, so it shows the progress and memory stays free. */
import { Button, Menu } from "@mantine/core";
import type { FindingListQuery } from "@/api/contract.ts";
import { stringifySearch } from "@/parts/filters.ts";
import { DownloadIcon } from "@/parts/icons.tsx";
import type { Counted } from "@/shell/PageHeader.tsx";

const FORMATS = [
  ["csv", "CSV", "for spreadsheets"],
  ["json", "JSON", "everything that is known"],
  ["ndjson", "NDJSON", "one finding a line"],
  ["sarif", "SARIF 2.1.0", "for code hosts and editors"],
  ["cyclonedx-vex", "CycloneDX VEX", "vulnerabilities and judgements"],
  ["ocsf", "OCSF", "for a SIEM or data lake"],
  ["html", "HTML report", "for people without a hub"],
] as const;

type Props = {
  filter: FindingListQuery;
  counted: Counted | undefined;
};

function described(counted: Counted | undefined) {
  const findings = (count: number) => `${count.toLocaleString()} ${count === 1 ? "finding" : "findings"}`;
  if (counted?.total != null) return findings(counted.total);
  if (counted?.total_at_least != null) return `At least ${findings(counted.total_at_least)}`;
  return "All that match";
}

export function ExportMenu({ filter, counted }: Props) {
  // The order of a file is fixed.
  const { sort: _, ...matching } = filter;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<DownloadIcon size={14} />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{described(counted)}</Menu.Label>
        {FORMATS.map(([format, name, use]) => (
          <Menu.Item
            key={format}
            component="a"
            href={`/api/v1/findings/export${stringifySearch({ ...matching, format })}`}
            download
          >
            {`${name}, ${use}`}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
