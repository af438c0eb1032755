/** A state as shape plus word: told apart without its colour too. */
import type { ReactNode } from "react";
import styles from "./StateMark.module.css";

export type State = { word: string; color: string; shape: ReactNode };

const CIRCLE = <circle cx="7" cy="7" r="5.5" />;

export const SHAPES = {
  circle: CIRCLE,
  clock: (
    <>
      {CIRCLE}
      <path d="M7 4v3.2l2 1.2" />
    </>
  ),
  bars: <path d="M4.6 3v8M9.4 3v8" strokeWidth="2.2" />,
  check: <path d="M2.5 7.4l3 3 6-6.4" strokeWidth="2" />,
  cross: (
    <>
      {CIRCLE}
      <path d="M5 5l4 4M9 5l-4 4" />
    </>
  ),
  slash: (
    <>
      {CIRCLE}
      <path d="M3.4 10.6l7.2-7.2" />
    </>
  ),
  triangle: <path d="M7 2l5.4 9.6H1.6zM7 5.6v2.6M7 10v.1" />,
} as const;

export function StateMark({ state, tip }: { state: State; tip?: string | null }) {
  return (
    <span className={styles.mark} style={{ color: state.color }} data-tip={tip ?? undefined}>
      <svg
        width="14"
        height="14"
        viewBox="0 0 14 14"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {state.shape}
      </svg>
      {state.word}
    </span>
  );
}
