/** A plain table of rows that come whole, and what stands in its place while there are none. */
import type { ReactNode } from "react";
import { GridSkeleton } from "./DataGrid.tsx";
import { ProblemNotice } from "./ProblemNotice.tsx";
import styles from "./Table.module.css";

export type TableColumn<Row> = {
  header: string;
  /** Buttons: at the right edge, under a header that is only spoken. */
  actions?: boolean;
  /** Numbers. */
  right?: boolean;
  /** In pixels; less breaks what belongs on one line. */
  minWidth?: number;
  cell: (row: Row) => ReactNode;
};

type TableProps<Row> = {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  rowId: (row: Row) => string;
  /** Where its rows may hold nothing that takes the focus: a keyboard must be able to scroll it all the same. */
  focusable?: boolean;
};

export function Table<Row>({ label, columns, rows, rowId, focusable }: TableProps<Row>) {
  return (
    <div className={styles.scroll} tabIndex={focusable ? 0 : undefined}>
      <table className={styles.table}>
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map(({ header, actions, right, minWidth }) => (
              <th key={header} scope="col" data-right={right || undefined} style={{ minWidth }}>
                {actions ? <span className="visually-hidden">{header}</span> : header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowId(row)}>
              {columns.map(({ header, actions, right, cell }) => (
                <td key={header} data-actions={actions || undefined} data-right={right || undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type SectionProps<Row> = TableProps<Row> & {
  query: { isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown };
  failure: string;
  /** What stands there when the hub knows of none. */
  empty: ReactNode;
};

/** The same for what one question to the hub answers: also while it is asked, when it fails, when the rows are old. */
export function TableSection<Row>({ query, failure, empty, ...table }: SectionProps<Row>) {
  const retry = () => void query.refetch();
  if (query.isPending) return <GridSkeleton part label={`Loading ${table.label.toLowerCase()}`} rows={3} />;
  if (table.rows.length === 0) {
    return query.isError ? <ProblemNotice error={query.error} what={failure} onRetry={retry} /> : empty;
  }
  return (
    <>
      {query.isError ? (
        <ProblemNotice error={query.error} what="These rows are not the newest." onRetry={retry} />
      ) : null}
      <Table {...table} />
    </>
  );
}
