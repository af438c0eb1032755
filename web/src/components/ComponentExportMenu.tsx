/** The list under its filters, as a file. An SBOM is of one asset. */
import { Button, Menu } from "@mantine/core";
import type { ComponentListQuery } from "@/api/contract.ts";
import { stringifySearch } from "@/parts/filters.ts";
import { DownloadIcon } from "@/parts/icons.tsx";

const TABLE = ["csv", "CSV, for spreadsheets"] as const;
const SBOM = ["cyclonedx", "CycloneDX, an SBOM"] as const;

export function ComponentExportMenu({ filter }: { filter: ComponentListQuery }) {
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
        {(filter.asset_id ? [SBOM, TABLE] : [TABLE]).map(([format, name]) => (
          <Menu.Item
            key={format}
            component="a"
            href={`/api/v1/components/export${stringifySearch({ ...matching, format })}`}
            download
          >
            {name}
          </Menu.Item>
        ))}
        {filter.asset_id ? null : <Menu.Label>For an SBOM, open an asset.</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}
