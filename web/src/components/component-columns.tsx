import { Link } from "@tanstack/react-router";
import type { Component } from "@/api/contract.ts";
import type { GridColumn } from "@/parts/DataGrid.tsx";
import { MiddleEllipsis } from "@/parts/MiddleEllipsis.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import styles from "./components.module.css";

const NOTHING = <span className="quiet">—</span>;

/** The purl without version and qualifiers: one package, whichever version of it. */
const anyVersion = ({ purl, name }: Component) =>
  purl?.replace(/[?#].*$/, "").replace(/@[^@/]*$/, "") ?? name;

/** The purl as findings name the package. */
const thisVersion = ({ purl, name }: Component) => purl?.replace(/[?#].*$/, "") ?? name;

const NAME: GridColumn<Component> = {
  id: "name",
  header: "Name",
  width: "minmax(200px, 2fr)",
  sort: "name",
  cell: (component) => (
    <Link
      to="/components"
      search={{ q: [anyVersion(component)] }}
      className={styles.name}
      data-primary
      data-tip={component.purl ?? undefined}
    >
      <MiddleEllipsis
        text={component.group ? `${component.group}/${component.name}` : component.name}
        tail={14}
      />
    </Link>
  ),
};

const ASSET: GridColumn<Component> = {
  id: "asset",
  header: "Asset",
  width: "minmax(140px, 1fr)",
  cell: ({ asset }) => (
    <Link to="/assets/$assetId" params={{ assetId: asset.id }} search={{ tab: ["components"] }}>
      <MiddleEllipsis text={asset.name} tail={14} />
    </Link>
  ),
};

const FILES: GridColumn<Component> = {
  id: "files",
  header: "Found in",
  width: "minmax(140px, 1fr)",
  cell: ({ locations }) =>
    locations[0] ? (
      <span className={styles.several} data-tip={locations.length > 1 ? locations.join(" · ") : undefined}>
        <MiddleEllipsis text={locations[0]} tail={18} />
        {locations.length > 1 ? <span className="quiet">+{locations.length - 1}</span> : null}
      </span>
    ) : (
      NOTHING
    ),
};

const REST: readonly GridColumn<Component>[] = [
  {
    id: "version",
    header: "Version",
    width: "120px",
    cell: ({ version }) => (version ? <MiddleEllipsis text={version} tail={6} /> : NOTHING),
  },
  { id: "ecosystem", header: "Ecosystem", width: "96px", cell: ({ ecosystem }) => ecosystem ?? NOTHING },
  {
    id: "licenses",
    header: "Licences",
    width: "150px",
    cell: ({ licenses }) =>
      licenses.length > 0 ? <MiddleEllipsis text={licenses.join(", ")} tail={10} /> : NOTHING,
  },
  {
    id: "open",
    header: "Open findings",
    width: "104px",
    numeric: true,
    cell: (component) =>
      component.open_findings > 0 ? (
        <Link
          to="/assets/$assetId"
          params={{ assetId: component.asset.id }}
          search={{ status: ["open", "in_progress"], q: [thisVersion(component)] }}
          aria-label={`${component.open_findings.toLocaleString()} open findings in ${component.name}`}
        >
          {component.open_findings.toLocaleString()}
        </Link>
      ) : (
        <span className="quiet">0</span>
      ),
  },
];

const LISTED: readonly GridColumn<Component>[] = [
  {
    id: "sources",
    header: "Listed by",
    width: "120px",
    cell: ({ sources }) => (
      <MiddleEllipsis text={sources.map(({ source }) => sourceName(source)).join(", ")} tail={8} />
    ),
  },
  {
    id: "first_seen",
    header: "First seen",
    width: "96px",
    sort: "first_seen_at",
    cell: (component) => <RelativeTime at={component.first_seen_at} />,
  },
];

const sourceName = (source: string) =>
  source.startsWith("integration:") ? "Integration" : source.replace(/^scanner:/, "");

export const COMPONENT_COLUMNS = [NAME, ...REST, ASSET, ...LISTED];
export const ASSET_COMPONENT_COLUMNS = [NAME, ...REST, FILES, ...LISTED];
