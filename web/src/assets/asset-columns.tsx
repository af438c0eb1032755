import { Link } from "@tanstack/react-router";
import type { Asset } from "@/api/contract.ts";
import type { GridColumn } from "@/parts/DataGrid.tsx";
import { MiddleEllipsis } from "@/parts/MiddleEllipsis.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SeverityBar } from "@/parts/SeverityBar.tsx";
import { ownerName } from "./AssetOwner.tsx";
import { CRITICALITY_WORDS, KIND_WORDS } from "./asset-filters.ts";
import styles from "./assets.module.css";

export const ASSET_COLUMNS: readonly GridColumn<Asset>[] = [
  {
    id: "name",
    header: "Name",
    width: "minmax(200px, 2fr)",
    sort: "name",
    cell: (asset) => (
      <Link to="/assets/$assetId" params={{ assetId: asset.id }} search={{}} data-primary>
        <MiddleEllipsis text={asset.name} tail={14} />
      </Link>
    ),
  },
  { id: "kind", header: "Kind", width: "116px", cell: (asset) => KIND_WORDS[asset.kind] ?? asset.kind },
  {
    id: "criticality",
    header: "Criticality",
    width: "92px",
    cell: ({ criticality }) =>
      criticality === "normal" ? (
        <span className="quiet">{CRITICALITY_WORDS[criticality]}</span>
      ) : (
        CRITICALITY_WORDS[criticality]
      ),
  },
  {
    id: "open",
    header: "Open findings",
    width: "226px",
    cell: (asset) => <SeverityBar counts={asset.open_findings} />,
  },
  {
    id: "tags",
    header: "Tags",
    width: "minmax(120px, 1fr)",
    cell: (asset) => (asset.tags.length > 0 ? <Tags tags={asset.tags} /> : <span className="quiet">—</span>),
  },
  {
    id: "owner",
    header: "Owner",
    width: "130px",
    cell: (asset) => (asset.owner ? ownerName(asset.owner) : <span className="quiet">—</span>),
  },
  {
    id: "first_seen",
    header: "First seen",
    width: "96px",
    sort: "created_at",
    cell: (asset) => <RelativeTime at={asset.first_seen_at} />,
  },
  {
    id: "last_seen",
    header: "Last seen",
    width: "110px",
    sort: "last_seen_at",
    cell: (asset) => <RelativeTime at={asset.last_seen_at} stale={asset.stale} />,
  },
];

export function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <span key={tag} className={styles.tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}
