/**
 * The table of every list: TanStack Table for columns, rows and selection, TanStack Virtual so that ten thousand
 * rows cost what thirty do. Order is the server's; headers only ask for another one through the URL.
 */
import { Button } from "@mantine/core";
import {
  createColumnHelper,
  type RowData,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useEffect, useMemo, useRef } from "react";
import { useShortcut } from "@/shell/shortcuts.ts";
import styles from "./DataGrid.module.css";
import { nextSort } from "./filters.ts";

export type GridColumn<Item> = {
  id: string;
  header: string;
  /** A CSS grid track. */
  width: string;
  numeric?: boolean;
  /** The server's sort key. */
  sort?: string;
  hideHeader?: boolean;
  /** Stays in view when the table scrolls sideways. */
  pinned?: boolean;
  cell: (item: Item) => ReactNode;
};

type Selection = { chosen: ReadonlySet<string>; onChange: (chosen: ReadonlySet<string>) => void };

type Props<Item extends RowData> = {
  label: string;
  columns: readonly GridColumn<Item>[];
  rows: Item[];
  rowId: (item: Item) => string;
  total?: number | null;
  sort?: string;
  onSort?: (sort: string | undefined) => void;
  changed?: ReadonlySet<string>;
  current?: string;
  selection?: Selection;
  more?: { load: () => void; loading: boolean } | null;
  minWidth?: number;
};

const ROW_HEIGHT = 34;
const features = tableFeatures({ rowSelectionFeature });

export function DataGrid<Item extends RowData>(props: Props<Item>) {
  const { columns, rows, rowId, selection, more = null, changed } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const active = useRef(-1);

  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, Item>();
    return helper.columns(
      columns.map((column) =>
        helper.display({
          id: column.id,
          header: column.header,
          cell: (context) => column.cell(context.row.original),
        }),
      ),
    );
  }, [columns]);

  const chosen = selection?.chosen;
  const rowSelection = useMemo<RowSelectionState>(
    () => Object.fromEntries([...(chosen ?? [])].map((id) => [id, true])),
    [chosen],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: rows,
    getRowId: rowId,
    enableRowSelection: selection !== undefined,
    state: { rowSelection },
    onRowSelectionChange: (updater) => {
      const next = typeof updater === "function" ? updater(rowSelection) : updater;
      selection?.onChange(new Set(Object.keys(next).filter((id) => next[id])));
    },
  });
  const tableRows = table.getRowModel().rows;

  const virtual = useVirtualizer({
    count: tableRows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => tableRows[index]?.id ?? index,
  });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;

  useEffect(() => {
    if (more && !more.loading && lastShown >= tableRows.length - 15) more.load();
  }, [more, lastShown, tableRows.length]);

  const move = (step: number) => {
    if (tableRows.length === 0) return;
    const focused = document.activeElement?.closest<HTMLElement>("[data-index]")?.dataset.index;
    const from = focused === undefined ? active.current : Number(focused);
    const to = Math.min(Math.max(from + step, 0), tableRows.length - 1);
    active.current = to;
    virtual.scrollToIndex(to);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"] [data-primary]`)?.focus(),
    );
  };
  useShortcut("j", "Next row", () => move(1));
  useShortcut("k", "Previous row", () => move(-1));

  const tracks = [selection ? "36px" : null, ...columns.map((column) => column.width)]
    .filter(Boolean)
    .join(" ");
  const known = props.total ?? (more ? -1 : tableRows.length);
  const style = { "--tracks": tracks, "--min-width": `${props.minWidth ?? 720}px` } as CSSProperties;

  return (
    <div ref={scroller} className={styles.scroller} style={style}>
      {/* biome-ignore-start lint/a11y/useFocusableInteractive: the controls inside the rows take the focus */}
      {/* biome-ignore-start lint/a11y/useSemanticElements: rows are laid out by CSS grid, which strips a table element of its meaning */}
      <div
        role="table"
        aria-label={props.label}
        aria-rowcount={known < 0 ? -1 : known + 1}
        className={styles.table}
      >
        <div role="rowgroup" className={styles.head}>
          {table.getHeaderGroups().map((group) => (
            <div role="row" aria-rowindex={1} key={group.id} className={styles.row}>
              {selection ? (
                <div role="columnheader" className={styles.tick}>
                  <input
                    type="checkbox"
                    aria-label="Select all loaded rows"
                    checked={table.getIsAllRowsSelected()}
                    ref={(box) => {
                      if (box)
                        box.indeterminate = table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected();
                    }}
                    onChange={table.getToggleAllRowsSelectedHandler()}
                  />
                </div>
              ) : null}
              {columns.map((column) => (
                <HeaderCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
              ))}
            </div>
          ))}
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
          {shown.map((item) => {
            const row = tableRows[item.index];
            if (!row) return null;
            return (
              <div
                role="row"
                key={item.key}
                aria-rowindex={item.index + 2}
                data-index={item.index}
                data-changed={changed?.has(row.id) || undefined}
                data-current={props.current === row.id || undefined}
                className={styles.row}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {selection ? (
                  <div role="cell" className={styles.tick}>
                    <input
                      type="checkbox"
                      aria-label="Select row"
                      checked={row.getIsSelected()}
                      onChange={row.getToggleSelectedHandler()}
                    />
                  </div>
                ) : null}
                {row.getAllCells().map((cell, index) => (
                  <div role="cell" key={cell.id} className={cellClass(columns[index])}>
                    <table.FlexRender cell={cell} />
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {/* biome-ignore-end lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore-end lint/a11y/useFocusableInteractive: see above */}
      {more ? (
        <div className={styles.more}>
          <Button variant="subtle" loading={more.loading} onClick={more.load}>
            Load more
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function cellClass<Item>(column: GridColumn<Item> | undefined): string | undefined {
  if (column?.pinned) return styles.pinned;
  return column?.numeric ? styles.numeric : styles.cell;
}

type HeaderProps<Item> = {
  column: GridColumn<Item>;
  sort: string | undefined;
  onSort: ((sort: string | undefined) => void) | undefined;
};

function HeaderCell<Item>({ column, sort, onSort }: HeaderProps<Item>) {
  const key = column.sort;
  const order = key && sort === key ? "ascending" : key && sort === `-${key}` ? "descending" : undefined;
  const className = cellClass(column);
  const title = column.hideHeader ? <span className="visually-hidden">{column.header}</span> : column.header;
  return (
    // biome-ignore lint/a11y/useSemanticElements: see DataGrid
    // biome-ignore lint/a11y/useFocusableInteractive: the button inside is what acts
    <div role="columnheader" aria-sort={key ? (order ?? "none") : undefined} className={className}>
      {key && onSort ? (
        <button type="button" className={styles.sort} onClick={() => onSort(nextSort(sort, key))}>
          {title}
          <span aria-hidden="true" className={styles.arrow}>
            {order === "ascending" ? "▲" : order === "descending" ? "▼" : ""}
          </span>
        </button>
      ) : (
        title
      )}
    </div>
  );
}

const BONES = ["61%", "38%", "70%", "45%", "53%", "36%", "66%", "41%", "58%", "49%", "72%", "39%"];

type SkeletonProps = {
  label: string;
  rows?: number;
  /** In place of one part of a page, which has its own room around. */
  part?: boolean;
};

/** Rows that are not there yet: same heights as the real ones, so nothing jumps when they come. */
export function GridSkeleton({ label, rows = 12, part = false }: SkeletonProps) {
  return (
    <div className={styles.skeleton} data-part={part || undefined} aria-busy="true">
      <span className="visually-hidden" role="status">
        {label}
      </span>
      {BONES.slice(0, rows).map((width) => (
        <div key={width} className={styles.bone}>
          <span style={{ width }} />
        </div>
      ))}
    </div>
  );
}
