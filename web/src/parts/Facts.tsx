import type { ReactNode } from "react";
import styles from "./Facts.module.css";

export type Fact = { label: string; value: ReactNode };

/** Label above value, at most seven in a row. */
export function Figures({ facts, label }: { facts: Fact[]; label: string }) {
  return (
    <dl className={styles.figures} aria-label={label}>
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value ?? "—"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Label beside value, for what is looked up rather than watched. Facts without a value are left out. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts
        .filter((fact) => fact.value !== null && fact.value !== undefined && fact.value !== "")
        .map((fact) => (
          <div key={fact.label}>
            <dt>{fact.label}</dt>
            <dd>{fact.value}</dd>
          </div>
        ))}
    </dl>
  );
}
